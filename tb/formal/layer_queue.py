"""The queue of layers never hangs while memory and engines answer."""

from amaranth.hdl import Cat, Module, Mux, Signal

from golden.machine.config import MachineConfig
from golden.machine.timing import LAYERS_UNDER_WAY
from rtl.blocks.module import RtlModule
from rtl.scheduler.descriptor_check import DescriptorCheck
from rtl.scheduler.layer_queue import LayerQueue
from rtl.scheduler.under_way import ENGINES, PRODUCTS, Kind
from rtl.scheduler.vector_check import VectorCheck
from tb.formal.properties import Properties, implies, stays

PATIENCE = 3
"""Cycles in which an engine that has nothing to wait for takes a layer"""
SILENCE = 16
"""Cycles in which the queue, asking for nothing, comes to ask for something or to its end"""


class LayerQueueProperties(Properties):
    """Any queue of any descriptors, right or wrong, with choices, errors of memory and aborts.

    The rules of descriptors are left out: their verdicts are any. A descriptor is what the prover
    picks when it has come, and stays until the next one has. Descriptors and layers take any time:
    that the queue does not hang is that it waits for nothing else.
    """

    FREE = (DescriptorCheck.module_name, VectorCheck.module_name)
    GIVEN = {
        "fetches": "a descriptor comes when it was asked for",
        "ends": "a layer ends only if one of its kind is under way",
        "pair_ends": "`ended_output` comes with the end of a product with output",
        "loader": "the loader becomes free in a few cycles while it may take a product, and stays",
        "stage": "the output stage is active after its layer began, until its product ended",
        "streams": "it streams a few cycles after its parameters came, until its product begins",
        "vector_unit": "the vector unit is active only while a layer of it is under way",
    }
    HOLDS = {
        "command_stays": "a command for a descriptor stays until it is taken",
        "moves_on": f"while it is busy, nothing under way and nothing asked for, it comes to ask, "
        f"to start or to end in {SILENCE} cycles",
        "one_start": "no more than one layer starts in a cycle, and only while the queue is busy",
        "engine_free": "a layer starts only if its engine is free",
        "limit": f"no more than {LAYERS_UNDER_WAY} layers are under way",
        "ends_once": "it stops being busy in the cycle after it tells its end, and only then",
        "ends_empty": "nothing is under way at its end",
    }
    REACHES = {
        "three_kinds": "layers of all three kinds are under way",
        "succeeds": "a queue of two layers ends without an error",
        "fails": "a queue ends with an error while layers were under way",
        "choice": "a queue with a choice ends without an error",
    }

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        return LayerQueue(config)

    def describe(self, m: Module) -> None:
        begins = {
            Kind.PRODUCT: self.start,
            Kind.VECTOR: self.start_vector,
            Kind.FUSED: self.start_output,
        }
        descriptor = Signal.like(self.descriptor.as_value(), reset_less=True)
        with m.If(self.loaded):
            m.d.sync += descriptor.eq(self.descriptor)
        layer = Signal.like(self.descriptor)
        m.d.comb += [
            layer.as_value().eq(descriptor),
            self.inner.descriptor.as_value().eq(descriptor),
        ]
        asks, fetching = Signal(), Signal()
        m.d.comb += asks.eq(self.command.valid & self.command.ready)
        m.d.sync += fetching.eq(asks | (fetching & ~self.loaded))
        under_way = {}
        for kind in ENGINES:
            count = Signal(range(LAYERS_UNDER_WAY + 2), name=f"{kind.name.lower()}s")
            m.d.sync += count.eq(count + begins[kind] - self.ended[kind])
            under_way[kind] = count
        products = under_way[Kind.PRODUCT]

        paired, pair_ahead = Signal(), Signal.like(products)
        begins_pair, stage = Signal(), Signal()
        m.d.comb += begins_pair.eq(self.start & layer.output)
        with m.If(begins_pair):
            m.d.sync += [paired.eq(1), pair_ahead.eq(products - self.ended[Kind.PRODUCT])]
        with m.Elif(paired & self.ended[Kind.PRODUCT]):
            m.d.sync += pair_ahead.eq(pair_ahead - 1)
            with m.If(pair_ahead == 0):
                m.d.sync += paired.eq(0)
        with m.If(self.start_output):
            m.d.sync += stage.eq(1)
        with m.Elif(self.ended_output | self.cancel):
            m.d.sync += stage.eq(0)

        free_wait, stream_wait = Signal(range(PATIENCE + 1)), Signal(range(PATIENCE + 1))
        may_take, may_stream = Signal(), Signal()
        was_free, was_streaming = Signal(), Signal()
        m.d.comb += [
            may_take.eq(products < PRODUCTS),
            may_stream.eq(stage & (under_way[Kind.FUSED] == 0) & ~paired),
        ]
        m.d.sync += [
            free_wait.eq(Mux(may_take & ~self.free, free_wait + 1, 0)),
            stream_wait.eq(Mux(may_stream & ~self.streaming, stream_wait + 1, 0)),
            was_free.eq(self.free & ~self.start),
            was_streaming.eq(self.streaming & may_stream & ~begins_pair),
        ]

        silence = Signal(range(SILENCE + 2))
        total = Signal(range(LAYERS_UNDER_WAY + 2))
        busy, ends, was_ending, was_busy = Signal(), Signal(), Signal(), Signal()
        nothing = Signal()
        m.d.comb += [
            total.eq(sum(under_way.values())),
            busy.eq(self.status.busy),
            ends.eq(self.status.finished | self.status.failed),
            nothing.eq((total == 0) & ~fetching & ~self.command.valid),
        ]
        starts = Cat(*begins.values(), self.chooses)
        m.d.sync += [
            silence.eq(Mux(busy & nothing & ~starts.any() & ~ends, silence + 1, 0)),
            was_ending.eq(ends),
            was_busy.eq(busy),
        ]
        started, any_choice, ran = Signal(2), Signal(), Signal()
        with m.If(self.go & ~busy):
            m.d.sync += [started.eq(0), any_choice.eq(0), ran.eq(0)]
        with m.Else():
            m.d.sync += [
                started.eq(Mux(starts.any() & (started != 3), started + 1, started)),
                any_choice.eq(any_choice | self.chooses),
                ran.eq(ran | (total != 0)),
            ]
        output_active, vectors = self.output_active, under_way[Kind.VECTOR]
        self.state(
            m,
            "given",
            fetches=implies(self.loaded, fetching),
            ends=Cat(implies(self.ended[k], n != 0) for k, n in under_way.items()).all(),
            pair_ends=self.ended_output == (self.ended[Kind.PRODUCT] & paired & (pair_ahead == 0)),
            loader=(free_wait < PATIENCE)
            & implies(self.free, may_take)
            & implies(was_free, self.free),
            stage=implies(output_active, stage) & implies(stage & ~paired, output_active),
            streams=(stream_wait < PATIENCE)
            & implies(self.streaming, stage)
            & implies(was_streaming & may_stream, self.streaming),
            vector_unit=implies(self.vector_active, vectors != 0),
        )
        one = Cat(starts[n] & starts[k] for n in range(4) for k in range(n))
        self.state(
            m,
            "holds",
            command_stays=stays(
                m, "command", self.command.valid, self.command.ready, self.command.payload
            ),
            moves_on=silence < SILENCE,
            one_start=~one.any() & implies(starts.any(), busy),
            engine_free=implies(self.start, self.free)
            & implies(self.start_vector, ~self.vector_active)
            & implies(self.start_output, ~output_active),
            limit=total <= LAYERS_UNDER_WAY,
            ends_once=implies(was_busy, busy == ~was_ending) & implies(ends, busy),
            ends_empty=implies(ends, total == 0),
        )
        finishes = self.status.finished
        self.state(
            m,
            "reaches",
            three_kinds=Cat(count != 0 for count in under_way.values()).all(),
            succeeds=finishes & (started == 2) & ~any_choice,
            fails=self.status.failed & ran,
            choice=finishes & any_choice,
        )
