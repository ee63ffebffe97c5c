"""The vector engine: buffers, and the lanes that the elements of a block pass."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import (
    VECTOR_READ_LATENCY,
    VECTOR_STATISTICS_LATENCY,
    VECTOR_SWEEP_LATENCY,
)
from golden.vector.descriptor import Op, Size
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.scheduler.layouts import Buffer, vector_layout, vector_write_layout
from rtl.tile.layouts import index_shape
from rtl.vector.control import VectorControl
from rtl.vector.elements import ROW_BITS, lane_element, packed_row, place_of
from rtl.vector.gatherer import Gatherer
from rtl.vector.lane import VectorLane
from rtl.vector.layouts import PARAMETER_BITS, SLOTS, Sweep, uniform_layout
from rtl.vector.reciprocals import Reciprocals
from rtl.vector.reductions import VALUE_BITS, Reductions
from rtl.vector.saturation import highest, lowest
from rtl.vector.statistics import STATISTICS_BITS, Statistics


class VectorEngine(RtlModule):
    """Runs the blocks of ``layer``, which is stable from ``start`` on, as they are loaded.

    Ports: ``word`` writes to its buffers, ``loaded`` says that a half of a and b is filled; when
    the block is done, that half is ``freed`` and, unless it only took statistics, a half of the
    output ``filled``, which is ``drained`` when it has been stored. ``o`` shows the bus word at
    ``address`` of half ``slot`` a cycle after ``read``. ``waits_loads`` and ``waits_stores``: see
    :class:`rtl.vector.control.VectorControl`.

    Buffers are as wide as the lanes' int32 elements: a bus word or several. A sweep reads a row of
    elements per cycle; the last of its results is written ``VECTOR_SWEEP_LATENCY`` cycles after
    that. docs/timing.md counts all the rest.
    """

    LATENCY = VECTOR_SWEEP_LATENCY
    module_name = "ditto_vector_engine"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "layer": In(vector_layout()),
                "start": In(1),
                "word": In(vector_write_layout(config)),
                "loaded": In(1),
                "freed": Out(1),
                "filled": Out(1),
                "drained": In(1),
                "waits_loads": Out(1),
                "waits_stores": Out(1),
                "read": In(1),
                "slot": In(1),
                "address": In(index_shape(config.vector_words)),
                "o": Out(unsigned(config.bus_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        lanes, bus_bits = config.vector_lanes, config.bus_bits
        width = 32 * lanes
        per_word = width // bus_bits
        part_bits = (per_word - 1).bit_length()
        bits = (config.vector_words - 1).bit_length() - part_bits
        depth = SLOTS * config.vector_words // per_word
        a = self.instantiate(m, "a", Ram(width, depth, per_word))
        b = self.instantiate(m, "b", Ram(width, depth, 4))
        output = self.instantiate(m, "output", Ram(width, depth, 4))
        control = self.instantiate(m, "control", VectorControl(config))
        gatherer = self.instantiate(m, "gatherer", Gatherer(config))
        statistics = self.instantiate(m, "statistics", Statistics(config))
        reductions = self.instantiate(m, "reductions", Reductions(config))
        reciprocals = self.instantiate(m, "reciprocals", Reciprocals(config))
        parameter_words = PARAMETER_BITS * lanes // bus_bits
        parameters = self.instantiate(
            m,
            "parameters",
            Ram(
                PARAMETER_BITS * lanes,
                max(2, config.vector_channels // lanes),
                parameter_words,
            ),
        )
        uniform = Signal(uniform_layout(), reset_less=True)
        sweep, issue = control.sweep, control.issue
        gather = Signal()
        of_pixels, of_groups = layer.op == Op.PIXELS, layer.op == Op.GROUPS
        probability, powers = sweep == Sweep.PROBABILITY, sweep == Sweep.POWERS
        m.d.comb += [
            gather.eq(layer.op == Op.GATHER),
            control.layer.eq(layer),
            control.start.eq(self.start),
            control.loaded.eq(self.loaded),
            control.drained.eq(self.drained),
            control.gathered.eq(gatherer.done),
            control.scanned.eq(statistics.done),
            control.rooted.eq(reciprocals.done),
            self.freed.eq(control.freed),
            self.filled.eq(control.filled),
            self.waits_loads.eq(control.waits_loads),
            self.waits_stores.eq(control.waits_stores),
        ]

        # What the lanes take.
        a_place = place_of(m, Mux(gather, gatherer.row, control.a_row), layer.a_size)
        b_size = Mux(probability, Size.BITS_16, layer.b_size)
        b_place = place_of(m, control.b_row, b_size)
        byte_bits = (width // 8 - 1).bit_length()
        word = self.word
        parameter_bits = (parameter_words - 1).bit_length()
        m.d.comb += [
            a.write.eq(
                Mux(word.valid & (word.buffer == Buffer.A), 1 << word.address[:part_bits], 0)
            ),
            a.write_address.eq(Cat(word.address[part_bits:][:bits], word.slot)),
            a.write_data.eq(word.data.replicate(per_word)),
            a.read.eq(1),
            a.read_address.eq(
                Cat(
                    Mux(
                        gather & ~gatherer.transposes,
                        gatherer.byte[byte_bits:],
                        a_place.word,
                    )[:bits],
                    control.slot,
                )
            ),
            b.read.eq(1),
            b.read_address.eq(Cat(b_place.word[:bits], control.slot)),
            parameters.write.eq(
                Mux(
                    word.valid & (word.buffer == Buffer.PARAMETERS),
                    1 << word.address[:parameter_bits],
                    0,
                )
            ),
            parameters.write_address.eq(word.address[parameter_bits:]),
            parameters.write_data.eq(word.data.replicate(parameter_words)),
            parameters.read.eq(1),
            parameters.read_address.eq(
                Mux(statistics.scanning, statistics.parameter_row, control.row)
            ),
        ]
        a_part, b_part = delayed(m, a_place.part, 1), delayed(m, b_place.part, 1)
        # Registered: elements come later than the sweep, and are gone before the next one begins.
        softmax = layer.op == Op.SOFTMAX
        table = layer.table & ~softmax
        wide = (layer.o_size != Size.BITS_8) & ~table
        m.d.sync += [
            uniform.sweep.eq(sweep),
            uniform.per_channel.eq(layer.per_channel & (sweep == Sweep.SCALE)),
            uniform.table.eq(table),
            uniform.wide.eq(wide),
            uniform.bias.eq(Mux(softmax, 0, -layer.a_zero)),
            uniform.b_bias.eq(-layer.b_zero),
            uniform.zero.eq(layer.zero),
            uniform.high.eq(highest(wide) - layer.zero),
            uniform.below.eq(lowest(wide) - layer.zero - 1),
            uniform.multiplier.eq(
                Mux(probability, layer.second_multiplier, layer.first_multiplier)
            ),
            uniform.second_multiplier.eq(layer.second_multiplier),
            uniform.shift.eq(Mux(probability, layer.second_shift, layer.first_shift)),
            uniform.count.eq(layer.count),
        ]

        # Sums of channels and of pixels, and their reciprocals.
        late = VECTOR_STATISTICS_LATENCY
        takes = issue & (sweep == Sweep.STATISTICS)
        maximum = sweep == Sweep.MAXIMUM
        m.d.comb += [
            statistics.layer.eq(layer),
            statistics.row.eq(delayed(m, control.row, late - 1)),
            statistics.read.eq(delayed(m, issue, late - 1, reset_less=False)),
            statistics.update.eq(delayed(m, takes & of_groups, late, reset_less=False)),
            statistics.first.eq(delayed(m, control.fresh, late)),
            statistics.channels.eq(parameters.o),
            statistics.scan.eq(control.scan),
            statistics.rooted.eq(reciprocals.done),
            statistics.result.eq(reciprocals.result),
            reductions.take.eq(
                delayed(m, (takes & of_pixels) | (issue & maximum), late, reset_less=False)
            ),
            reductions.take_powers.eq(
                delayed(m, issue & powers, VECTOR_SWEEP_LATENCY, reset_less=False)
            ),
            reductions.read.eq(delayed(m, control.pixel, VECTOR_READ_LATENCY - 1)),
            reciprocals.layer.eq(layer),
            reciprocals.of_group.eq(layer.op != Op.SOFTMAX),
            reciprocals.read.eq(delayed(m, control.pixel, late - 1)),
            reciprocals.start.eq(reductions.ended & ~maximum),
            reciprocals.unit.eq(reductions.ended_pixel),
            reciprocals.sums.eq(reductions.sums),
            reciprocals.awaited.eq(control.final),
        ]
        with m.If(of_groups):
            m.d.comb += [
                reciprocals.start.eq(statistics.starts),
                reciprocals.unit.eq(statistics.unit),
                reciprocals.sums.eq(statistics.sums),
                reciprocals.awaited.eq(statistics.unit),
                reciprocals.read.eq(statistics.result_unit),
            ]
        # Powers leave the lanes later than values.
        ends, of_pixel = delayed(m, control.last_row, late), delayed(m, control.pixel, late)
        further = VECTOR_SWEEP_LATENCY - late
        m.d.comb += [
            reductions.last.eq(Mux(powers, delayed(m, ends, further), ends)),
            reductions.pixel.eq(Mux(powers, delayed(m, of_pixel, further), of_pixel)),
        ]

        results, entering = [], []
        values, squares, counts = [], [], []
        written = delayed(m, issue, VECTOR_SWEEP_LATENCY, reset_less=False)
        for number in range(lanes):
            lane = self.instantiate(m, f"lane{number}", VectorLane(config))
            counted = Signal()
            m.d.comb += counted.eq(control.element + number < layer.valid)
            lane_counts = delayed(m, counted, VECTOR_READ_LATENCY)
            a_element = delayed(m, lane_element(m, a.o, number, layer.a_size, a_part), 1)
            b_element = delayed(m, lane_element(m, b.o, number, b_size, b_part, probability), 1)
            own = parameters.o[PARAMETER_BITS * number : PARAMETER_BITS * (number + 1)]
            own_statistics = statistics.o[STATISTICS_BITS * number : STATISTICS_BITS * (number + 1)]
            m.d.comb += [
                lane.uniform.eq(uniform),
                lane.a.eq(a_element),
                lane.b.eq(b_element),
                lane.channel.as_value().eq(delayed(m, own, 1)),
                lane.counts.eq(lane_counts),
                lane.largest.eq(reductions.largest),
                lane.reciprocal.eq(reciprocals.quotient),
                lane.statistics.as_value().eq(
                    Mux(of_pixels, reciprocals.result.as_value(), own_statistics)
                ),
                lane.table_write.eq(word.valid & (word.buffer == Buffer.TABLE)),
                lane.table_address.eq(word.address),
                lane.table_data.eq(word.data),
            ]
            entering.append(a_element)
            results.append(lane.o)
            values.append(lane.value[:VALUE_BITS])
            squares.append(lane.square)
            counts.append(delayed(m, lane_counts, late - VECTOR_READ_LATENCY))
        m.d.comb += [
            statistics.values.eq(Cat(values)),
            statistics.squares.eq(Cat(squares)),
            reductions.values.eq(Cat(values)),
            reductions.squares.eq(Cat(squares)),
            reductions.counts.eq(Cat(counts)),
            reductions.powers.eq(Cat(results)),
            gatherer.layer.eq(layer),
            gatherer.start.eq(control.gathers),
            gatherer.pixels.eq(control.block_pixels),
            gatherer.valid.eq(Mux(control.last_block, layer.tail_valid, layer.valid)),
            gatherer.word.eq(a.o),
            gatherer.elements.eq(Cat(entering)),
        ]

        # Where results go.
        o_size = Mux(powers, Size.BITS_16, layer.o_size)
        o_row = Signal(ROW_BITS, reset_less=True)
        o_place = place_of(m, Mux(gather, gatherer.o_row, o_row), o_size)
        rows = [
            Mux(gather, gatherer.o[32 * n : 32 * n + 32], result)
            for n, result in enumerate(results)
        ]
        writes = Signal()
        m.d.comb += writes.eq(
            Mux(gather, gatherer.write, written & (sweep != Sweep.STATISTICS) & ~maximum)
        )
        packed, mask = packed_row(m, rows, o_size, o_place.part)
        for ram, used_here, half in (
            (output, ~powers, control.output_slot),
            (b, powers, control.slot),
        ):
            m.d.comb += [
                ram.write.eq(Mux(writes & used_here, mask, 0)),
                ram.write_data.eq(packed),
                ram.write_address.eq(Cat(o_place.word[:bits], half)),
            ]
        with m.If(word.valid & (word.buffer == Buffer.B)):
            whole = (1 << (4 // per_word)) - 1
            m.d.comb += [
                b.write.eq(whole << (word.address[:part_bits] * (4 // per_word))),
                b.write_data.eq(word.data.replicate(per_word)),
                b.write_address.eq(Cat(word.address[part_bits:][:bits], word.slot)),
            ]
        with m.If(control.rewinds):
            m.d.sync += o_row.eq(0)
        with m.Elif(writes):
            m.d.sync += o_row.eq(o_row + 1)
        part = Signal(max(1, part_bits), reset_less=True)
        with m.If(self.read):
            m.d.sync += part.eq(self.address[:part_bits] if part_bits else Const(0, 1))
        m.d.comb += [
            output.read.eq(self.read),
            output.read_address.eq(Cat(self.address[part_bits:], self.slot)),
            self.o.eq(output.o.word_select(part, bus_bits)),
        ]
        return m
