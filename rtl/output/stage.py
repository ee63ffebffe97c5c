"""The output stage: what a fused vector layer does with the sums of the product behind it."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import OUTPUT_LATENCY
from golden.vector.descriptor import Op, Size
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.blocks.streams import joined
from rtl.bus.axi import transfer_layout
from rtl.output.addends import Addends
from rtl.output.intake import OutputIntake
from rtl.output.lane import OutputLane, output_uniform_layout
from rtl.scheduler.layouts import (
    NUMBER_BITS,
    PROGRESS_BITS,
    Buffer,
    tag_layout,
    vector_layout,
    vector_write_layout,
)
from rtl.vector.elements import ROW_BITS, lane_element, packed_row, place_of
from rtl.vector.layouts import PARAMETER_BITS, SLOTS
from rtl.vector.saturation import highest, lowest
from rtl.vector.store import VectorStore


class OutputStage(RtlModule):
    """Runs one fused layer at a time (docs/vector.md): SCALE per channel or SUM, perhaps a table.

    The words of ``source`` are collected to rows of as many elements as there are lanes, which go
    through the lanes into one of two halves of the output buffer, a block in each; from there they
    are stored. The last results of a block are written ``LATENCY`` cycles after its last word was
    taken; its store wants the write port a cycle after that at the earliest.

    Ports: ``start`` takes ``descriptor`` on, with its ``number``, when the stage is not ``active``.
    It ``configures`` until its table and parameters have been asked for; it is ``streaming`` from
    then on until it has all words of its blocks (:class:`rtl.output.intake.OutputIntake` has
    ``source``, ``source_free`` and ``exhausted``), and active until its output is in memory.
    ``progress`` counts the transfers of its output that memory has. ``ended`` is high a cycle after
    the last word of its parameters came (``loaded``): for the queue it is done then. Addends of a
    sum are asked for when its product has begun (``product_starts``); ``addends_loaded`` says that
    those of a block came. ``cancel`` ends a layer to which no words come.
    ``commands``, ``tags`` and ``word`` as those of the loader and the receiver, ``write_commands``,
    ``write_words``, ``completed``, ``wants``, ``may_write`` and ``writes`` as those of the store.

    Throughput: a word per cycle; the first one of a block waits until there is a free half, and
    its addends.
    """

    LATENCY = OUTPUT_LATENCY
    module_name = "ditto_output_stage"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "descriptor": In(vector_layout()),
                "number": In(unsigned(NUMBER_BITS)),
                "start": In(1),
                "cancel": In(1),
                "active": Out(1),
                "configures": Out(1),
                "streaming": Out(1),
                "ended": Out(1),
                "progress": Out(unsigned(PROGRESS_BITS)),
                "commands": Out(stream.Signature(transfer_layout())),
                "tags": Out(stream.Signature(tag_layout())),
                "word": In(vector_write_layout(config)),
                "loaded": In(1),
                "product_starts": In(1),
                "addends_loaded": In(1),
                "source": In(stream.Signature(unsigned(config.bus_bits))),
                "source_free": Out(1),
                "exhausted": In(1),
                "wants": Out(1),
                "may_write": In(1),
                "writes": Out(1),
                "write_commands": Out(stream.Signature(transfer_layout())),
                "write_words": Out(stream.Signature(unsigned(config.bus_bits))),
                "completed": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = Signal(vector_layout(), reset_less=True)
        number = Signal(NUMBER_BITS, reset_less=True)
        intake = self.instantiate(m, "intake", OutputIntake(self.config))
        store = self.instantiate(m, "store", VectorStore(self.config))
        with m.If(self.start):
            m.d.sync += [layer.eq(self.descriptor), number.eq(self.number), self.active.eq(1)]
        with m.Elif(store.ended | self.cancel):
            m.d.sync += self.active.eq(0)
        for part in (intake, store):
            m.d.comb += [
                part.layer.eq(layer),
                part.start.eq(self.start),
                part.cancel.eq(self.cancel),
            ]
        addends = self.instantiate(m, "addends", Addends(self.config))
        filled = delayed(m, intake.takes & intake.ends_block, OUTPUT_LATENCY, reset_less=False)
        m.d.sync += self.ended.eq(self.loaded)
        m.d.comb += [
            intake.number.eq(number),
            intake.exhausted.eq(self.exhausted),
            intake.drained.eq(store.drained),
            self.source_free.eq(intake.source_free),
            self.configures.eq(intake.configures),
            self.streaming.eq(intake.streaming),
            store.filled.eq(filled),
            store.may_begin.eq(self.may_write),
            store.completed.eq(self.completed),
            self.wants.eq(store.wants),
            self.writes.eq(store.writes),
            self.progress.eq(store.progress),
            *joined(self.source, intake.source),
            addends.layer.eq(layer),
            addends.number.eq(number + 1),
            addends.start.eq(self.product_starts),
            addends.loaded.eq(self.addends_loaded),
            addends.taken.eq(intake.takes & intake.ends_block),
            addends.freed.eq(filled),
            intake.may_begin.eq(addends.there),
            *joined(store.commands, self.write_commands),
            *joined(store.words, self.write_words),
        ]
        # Addends are asked for after all else.
        with m.If(intake.configures):
            m.d.comb += [
                *joined(intake.commands, self.commands),
                *joined(intake.tags, self.tags),
            ]
        with m.Else():
            m.d.comb += [
                *joined(addends.commands, self.commands),
                *joined(addends.tags, self.tags),
            ]
        self._compute(m, layer, intake, store, filled)
        return m

    def _compute(self, m: Module, layer, intake, store, filled: Signal) -> None:
        """From words to rows, through the lanes, into the output buffer, and out of it."""
        config, word = self.config, self.word
        lanes, bus_bits = config.vector_lanes, config.bus_bits
        width = 32 * lanes
        per_word = width // bus_bits
        part_bits = (per_word - 1).bit_length()
        bits = (config.vector_words - 1).bit_length() - part_bits
        depth = SLOTS * config.vector_words // per_word
        output = self.instantiate(m, "output", Ram(width, depth, 4))
        b = self.instantiate(m, "b", Ram(width, depth, per_word))
        parameter_words = PARAMETER_BITS * lanes // bus_bits
        parameter_bits = (parameter_words - 1).bit_length()
        parameter_rows = max(2, config.vector_channels // lanes)
        parameters = self.instantiate(
            m, "parameters", Ram(PARAMETER_BITS * lanes, parameter_rows, parameter_words)
        )
        collected = Signal(width, reset_less=True)
        with m.If(intake.takes):
            part = intake.part if per_word > 1 else Const(0, 1)
            m.d.sync += collected.word_select(part, bus_bits).eq(self.source.payload)
        is_parameter = word.valid & (word.buffer == Buffer.PARAMETERS)
        m.d.comb += [
            parameters.write.eq(Mux(is_parameter, 1 << word.address[:parameter_bits], 0)),
            parameters.write_address.eq(word.address[parameter_bits:]),
            parameters.write_data.eq(word.data.replicate(parameter_words)),
            parameters.read.eq(1),
            parameters.read_address.eq(intake.parameter_row),
        ]

        b_half = Signal()
        with m.If(self.start):
            m.d.sync += b_half.eq(0)
        with m.Elif(intake.takes & intake.ends_block):
            m.d.sync += b_half.eq(~b_half)
        b_place = place_of(m, intake.addend_row, Size.BITS_16)
        b_part = delayed(m, b_place.part, 1)
        is_addend = word.valid & (word.buffer == Buffer.B)
        m.d.comb += [
            b.write.eq(Mux(is_addend, 1 << word.address[:part_bits], 0)),
            b.write_address.eq(Cat(word.address[part_bits:][:bits], word.slot)),
            b.write_data.eq(word.data.replicate(per_word)),
            b.read.eq(1),
            b.read_address.eq(Cat(b_place.word[:bits], b_half)),
        ]

        # Registered: the lanes are wide, and the first words come much later than the layer.
        uniform, results = Signal(output_uniform_layout(), reset_less=True), []
        sums = layer.op == Op.SUM
        a_zero = Mux(sums, layer.a_zero, layer.zero)
        wide = (layer.o_size != Size.BITS_8) & ~layer.table
        m.d.sync += [
            uniform.a_low.eq(lowest(1) - a_zero),
            uniform.a_high.eq(highest(1) - a_zero),
            uniform.a_below.eq(lowest(1) - a_zero - 1),
            uniform.b_bias.eq(-layer.b_zero),
            uniform.high.eq(highest(wide) - layer.zero),
            uniform.below.eq(lowest(wide) - layer.zero - 1),
            uniform.a_multiplier.eq(Mux(sums, layer.first_multiplier, 2)),
            uniform.b_multiplier.eq(Mux(sums, layer.second_multiplier, 0)),
            uniform.shift.eq(Mux(sums, layer.first_shift, 1)),
            uniform.zero.eq(layer.zero),
            uniform.wide.eq(wide),
            uniform.table.eq(layer.table),
        ]
        for n in range(lanes):
            lane = self.instantiate(m, f"lane{n}", OutputLane(config))
            own = parameters.o[PARAMETER_BITS * n : PARAMETER_BITS * (n + 1)]
            m.d.comb += [
                lane.uniform.eq(uniform),
                lane.a.eq(collected[32 * n : 32 * n + 32]),
                lane.b.eq(lane_element(m, b.o, n, Size.BITS_16, b_part)),
                lane.channel.as_value().eq(own),
                lane.table_write.eq(word.valid & (word.buffer == Buffer.TABLE)),
                lane.table_address.eq(word.address),
                lane.table_data.eq(word.data),
            ]
            results.append(lane.o)

        written = delayed(m, intake.takes & intake.ends_row, OUTPUT_LATENCY, reset_less=False)
        row, slot = Signal(ROW_BITS, reset_less=True), Signal()
        m.d.sync += slot.eq(slot ^ filled)
        with m.If(self.start | filled):
            m.d.sync += row.eq(0)
        with m.Elif(written):
            m.d.sync += row.eq(row + 1)
        place = place_of(m, row, layer.o_size)
        rows = [Cat(one, Const(0, 16)) for one in results]
        packed, mask = packed_row(m, rows, layer.o_size, place.part)
        read_part = Signal(max(1, part_bits), reset_less=True)
        with m.If(store.read):
            m.d.sync += read_part.eq(store.address[:part_bits] if part_bits else 0)
        m.d.comb += [
            output.write.eq(Mux(written, mask, 0)),
            output.write_address.eq(Cat(place.word[:bits], slot)),
            output.write_data.eq(packed),
            output.read.eq(store.read),
            output.read_address.eq(Cat(store.address[part_bits:], store.slot)),
            store.word.eq(output.o.word_select(read_part, bus_bits)),
        ]
