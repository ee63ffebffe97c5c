"""The loader: asks memory for what passes need, as early as the buffers allow."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import ModeCode
from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    NUMBER_BITS,
    PROGRESS_BITS,
    Load,
    layer_layout,
    tag_layout,
)
from rtl.scheduler.pass_walk import PassWalk

SLOTS = 2
"""Halves of every buffer"""


class Loader(RtlModule):
    """Takes on ``descriptor`` with ``start`` when it is ``free``, and walks the layer's passes.

    For each pass it asks for weights, inputs, reference and previous accumulators, in this order
    and as far as the pass needs what the one before did not have; each takes a cycle, asked for
    or not, and waits until a half of its buffer is free. ``freed`` has a bit per kind of load.
    Loads that must find the products before in memory are held until this one is ``alone``
    (``held_products``), those that must find vector layers there until the vector unit, if it was
    ``vector_active`` at the start, has ``vector_ended`` (``held_vectors``). Where the layer says
    how much of that layer's output its inputs need, they are held until its ``progress`` is that
    of their block of rows, and previous accumulators are not.

    It is free when all was asked for and the sequencer has ``taken`` the ``layer``, which is
    ``offered`` from the cycle after ``start`` on.

    Ports: ``number`` of the descriptor; ``commands`` to the reader and ``tags`` to the receiver,
    in the same cycle.
    """

    module_name = "ditto_loader"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "descriptor": In(layer_layout()),
                "number": In(unsigned(NUMBER_BITS)),
                "start": In(1),
                "free": Out(1),
                "layer": Out(layer_layout()),
                "offered": Out(1),
                "taken": In(1),
                "alone": In(1),
                "vector_active": In(1),
                "vector_ended": In(1),
                "progress": In(unsigned(PROGRESS_BITS)),
                "held_products": Out(1),
                "held_vectors": Out(1),
                "freed": In(unsigned(len(Load))),
                "commands": Out(stream.Signature(transfer_layout())),
                "tags": Out(stream.Signature(tag_layout())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer, units = self.config, self.layer, Units.of(self.config)
        walk = self.instantiate(m, "walk", PassWalk(config))
        active, number = Signal(), Signal(NUMBER_BITS, reset_less=True)
        wanted, may, fire, done = Signal(), Signal(), Signal(), Signal()
        waits_products, waits_vectors, behind, ready = Signal(), Signal(), Signal(), Signal()
        temporal = layer.mode == ModeCode.TEMPORAL
        command, tag = self.commands.payload, self.tags.payload
        m.d.comb += [
            walk.next_layer.eq(self.descriptor),
            walk.start.eq(self.start),
            layer.eq(walk.layer),
            self.free.eq(~active & ~self.offered),
            self.held_products.eq(wanted & waits_products & ~self.alone),
            self.held_vectors.eq(wanted & waits_vectors & behind),
            ready.eq(wanted & may & ~self.held_products & ~self.held_vectors),
            fire.eq(ready & self.commands.ready & self.tags.ready),
            done.eq(~wanted | fire),
            self.commands.valid.eq(ready & self.tags.ready),
            self.tags.valid.eq(ready & self.commands.ready),
        ]
        # Only one vector layer before it can be under way: they start one after the other.
        with m.If(self.start | self.vector_ended):
            m.d.sync += behind.eq(self.start & self.vector_active & ~self.vector_ended)
        # One that needs more than can be counted waits for the whole layer.
        need = Signal(PROGRESS_BITS + 1, reset_less=True)
        # A cycle later, still before the next pass asks for its inputs.
        next_rows = Signal()
        m.d.comb += next_rows.eq(walk.step & walk.next_rows)
        stepped = delayed(m, next_rows, 1, reset_less=False)
        were_last = delayed(m, walk.last_rows, 1)
        enough = Signal()
        m.d.comb += enough.eq((layer.inputs_first != 0) & (self.progress >= need))
        with m.If(self.start):
            m.d.sync += need.eq(self.descriptor.inputs_first)
        with m.Elif(stepped):
            with m.If(were_last):
                m.d.sync += need.eq(layer.inputs_first)
            with m.Elif(~need[-1]):
                m.d.sync += need.eq(need + layer.inputs_step)
        with m.If(self.start):
            m.d.sync += [number.eq(self.number), self.offered.eq(1)]
        with m.Elif(self.taken):
            m.d.sync += self.offered.eq(0)
        state = Signal(range(4))
        m.d.comb += [tag.load.eq(state), tag.number.eq(number)]
        with m.If(self.start):
            m.d.sync += [active.eq(1), state.eq(0)]
        with m.Elif(active & done):
            m.d.sync += state.eq(state + 1)
            with m.If(state == Load.PREVIOUS):
                m.d.comb += walk.step.eq(1)
                with m.If(walk.last):
                    m.d.sync += active.eq(0)

        def credit(load: Load, asked: Signal) -> tuple[Signal, Signal]:
            """Free halves of a buffer, and the half that the next load goes to."""
            free = Signal(range(SLOTS + 1), init=SLOTS, name=f"free_{load.name.lower()}")
            slot = Signal(name=f"slot_{load.name.lower()}")
            m.d.sync += free.eq(free + self.freed[load] - asked)
            with m.If(asked):
                m.d.sync += slot.eq(~slot)
            return free, slot

        asked = [Signal(name=f"asked_{load.name.lower()}") for load in list(Load)[:4]]
        for load, one in enumerate(asked):
            m.d.comb += one.eq(fire & (state == load))
        inputs_asked = Mux(temporal, asked[Load.REFERENCE], asked[Load.INPUTS])
        weights_free, weights_slot = credit(Load.WEIGHTS, asked[Load.WEIGHTS])
        inputs_free, inputs_slot = credit(Load.INPUTS, inputs_asked)
        previous_free, previous_slot = credit(Load.PREVIOUS, asked[Load.PREVIOUS])

        # Weights lie in the order of passes, from where the passes of the same rows or group began.
        weights_next = Signal(ADDRESS_BITS, reset_less=True)
        weights_begin = Signal(ADDRESS_BITS, reset_less=True)
        weights_words = Signal(ADDRESS_BITS)
        outer = layer.rows_outer
        with m.If(walk.last_group):
            m.d.comb += weights_words.eq(
                Mux(walk.last_chunk, layer.tail_weight_words, layer.group_tail_weight_words)
            )
        with m.Else():
            m.d.comb += weights_words.eq(
                Mux(walk.last_chunk, layer.chunk_tail_weight_words, layer.weight_words)
            )
        # A cycle after they were asked for, or need not be: the pass has other loads in between.
        weights_done, weights_end = Signal(), Signal(ADDRESS_BITS)
        words_asked = Signal(ADDRESS_BITS, reset_less=True)
        weights_settle = delayed(m, weights_done, 1, reset_less=False)
        m.d.sync += words_asked.eq(Mux(asked[Load.WEIGHTS], weights_words, 0))
        m.d.comb += [
            weights_done.eq(active & done & (state == Load.WEIGHTS)),
            weights_end.eq(weights_next + words_asked),
        ]
        with m.If(self.start):
            m.d.sync += [weights_next.eq(0), weights_begin.eq(0)]
        with m.Elif(weights_settle):
            m.d.sync += weights_next.eq(weights_end)
            with m.If(walk.next_rows & ~walk.keep_weights):
                with m.If(outer):
                    m.d.sync += weights_next.eq(0)
                with m.Elif(walk.next_group):
                    m.d.sync += weights_begin.eq(weights_end)
                with m.Else():
                    m.d.sync += weights_next.eq(weights_begin)

        # Settled when the pass asks for its inputs, two cycles after the step to it.
        first, end = Signal(ADDRESS_BITS, reset_less=True), Signal(ADDRESS_BITS, reset_less=True)
        span_end = Signal(ADDRESS_BITS)
        m.d.comb += span_end.eq(walk.origin + layer.block_span_entries)
        m.d.sync += [
            first.eq(Mux(walk.origin < 0, 0, walk.origin)),
            end.eq(Mux(span_end < layer.image_entries, span_end, layer.image_entries)),
        ]
        m.d.comb += [
            tag.entry.eq(first),
            tag.origin.eq(walk.origin),
            tag.step.eq(layer.tile_step_entries),
            tag.span.eq(layer.tile_span_entries),
            tag.both.eq(layer.mode == ModeCode.SPATIAL),
            tag.fills.eq(1),
            tag.beats.eq(Mux(walk.last_chunk, layer.last_chunk_beats, layer.chunk_beats)),
        ]
        input_words = Signal(ADDRESS_BITS)
        # A descriptor that makes no sense must not ask for nothing: the reader would never answer.
        m.d.comb += input_words.eq(Mux(end > first, (end - first) * units.entry_words, 1))
        base, offset = Signal(ADDRESS_BITS), Signal(ADDRESS_BITS)
        m.d.comb += [
            waits_products.eq(layer.inputs_wait),
            waits_vectors.eq(layer.inputs_wait_vectors & ~enough),
            offset.eq(first * units.entry_bytes),
            command.address.eq(base + offset),
            command.words.eq(input_words),
        ]
        with m.Switch(state):
            with m.Case(Load.WEIGHTS):
                m.d.comb += [
                    wanted.eq(active & walk.new_weights),
                    waits_products.eq(layer.weights_wait),
                    waits_vectors.eq(layer.weights_wait_vectors),
                    may.eq(weights_free != 0),
                    tag.slot.eq(weights_slot),
                    base.eq(layer.weights_address),
                    offset.eq(weights_next * config.bus_bytes),
                    command.words.eq(weights_words),
                ]
            with m.Case(Load.INPUTS):
                m.d.comb += [
                    wanted.eq(active & walk.new_inputs),
                    may.eq(inputs_free != 0),
                    tag.fills.eq(~temporal),
                    tag.slot.eq(inputs_slot),
                    base.eq(layer.inputs_address),
                ]
            with m.Case(Load.REFERENCE):
                m.d.comb += [
                    wanted.eq(active & walk.new_inputs & temporal),
                    may.eq(1),
                    tag.slot.eq(inputs_slot),
                    base.eq(layer.reference_address),
                ]
            with m.Case(Load.PREVIOUS):
                m.d.comb += [
                    wanted.eq(active & walk.last_chunk & temporal),
                    waits_vectors.eq(layer.inputs_wait_vectors & (layer.inputs_first == 0)),
                    may.eq(previous_free != 0),
                    tag.slot.eq(previous_slot),
                    base.eq(layer.previous_address),
                    offset.eq(walk.results * config.bus_bytes),
                    command.words.eq(walk.words),
                ]
        return m
