"""The vector engine: walks over blocks in its buffers, sends their elements through the lanes."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import VECTOR_READ_LATENCY, VECTOR_SWEEP_LATENCY
from golden.vector.descriptor import Op, Size
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.scheduler.layouts import Buffer, vector_layout, vector_write_layout
from rtl.tile.layouts import index_shape
from rtl.vector.elements import ROW_BITS, lane_element, place_of
from rtl.vector.lane import STATISTICS_DELAY, VectorLane
from rtl.vector.layouts import (
    PARAMETER_BITS,
    SLOTS,
    Sweep,
    uniform_layout,
)
from rtl.vector.statistics import STATISTICS_BITS, Statistics
from rtl.vector.transposer import Transposer

LEAST = -(1 << 16)
"""Below every element of a softmax"""


class VectorEngine(RtlModule):
    """Runs the blocks of ``layer``, which is stable from ``start`` on, as they are loaded.

    Ports: ``word`` writes to its buffers, ``stream`` to a if the layer is fused, ``loaded`` says
    that a half of a and b is filled; when the block is done, that half is ``freed`` and, unless it
    only took statistics, a half of the output ``filled``, which is ``drained`` when it has been
    stored. ``o`` shows the bus word at ``address`` of half ``slot`` a cycle after ``read``.

    A sweep reads a row of elements per cycle; the last of its results is written
    ``VECTOR_SWEEP_LATENCY`` cycles after that. docs/timing.md counts all the rest.
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
                "stream": In(vector_write_layout(config)),
                "freed": Out(1),
                "filled": Out(1),
                "drained": In(1),
                "read": In(1),
                "slot": In(1),
                "address": In(index_shape(config.vector_words)),
                "o": Out(unsigned(config.bus_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        lanes, bits = config.vector_lanes, (config.vector_words - 1).bit_length()
        bus_bits = config.bus_bits
        buffers = {
            name: self.instantiate(m, name, Ram(bus_bits, SLOTS * config.vector_words, parts))
            for name, parts in (("a", 1), ("b", 4), ("output", 4))
        }
        rows = max(2, config.vector_channels // lanes)
        parameters = self.instantiate(m, "parameters", Ram(PARAMETER_BITS * lanes, rows, 2))
        statistics = self.instantiate(m, "statistics", Statistics(config))
        uniform = Signal(uniform_layout())

        sweep = Signal(Sweep, reset_less=True)
        full, used = Signal(range(SLOTS + 1)), Signal(range(SLOTS + 1))
        slot, output_slot = Signal(), Signal()
        m.d.sync += [
            full.eq(full + self.loaded - self.freed),
            used.eq(used + self.filled - self.drained),
            slot.eq(slot ^ self.freed),
            output_slot.eq(output_slot ^ self.filled),
        ]
        block = Signal(16, reset_less=True)
        applies = Signal(reset_less=True)  # The second time that GROUPS reads its blocks.
        last_block = Signal()
        m.d.comb += last_block.eq(block + 1 == layer.blocks)

        # Where the sweep is.
        pixels = Signal(16, reset_less=True)
        row = Signal(16, reset_less=True)
        a_row, b_row, pixel_row = (Signal(ROW_BITS, reset_less=True) for _ in range(3))
        o_row = Signal(ROW_BITS, reset_less=True)
        fresh = Signal(reset_less=True)  # Channels have no statistics yet.
        # Further than any row: ``valid`` must not be met again.
        element = Signal(ROW_BITS + 6, reset_less=True)
        # Where the group's parameters begin: those of a fused layer are loaded for all groups.
        parameter_row = Signal(16, reset_less=True)
        issue = Signal()
        last_row = Signal()
        m.d.comb += last_row.eq(row + 1 == layer.rows)

        gather = Signal()
        byte = Signal(ROW_BITS + 8)
        # Whole squares of elements are transposed, a row of them per cycle.
        transposes = Signal()
        log_lanes = (lanes - 1).bit_length()
        m.d.comb += gather.eq(layer.op == Op.GATHER)
        if lanes > 1:
            steps = Cat(layer.inner_step[:log_lanes], layer.pixels[:log_lanes])
            m.d.comb += transposes.eq(
                gather & (layer.outer_step == 1) & ~Cat(steps, layer.tail_pixels[:log_lanes]).any()
            )
        of_pixels = (layer.op == Op.PIXELS) | (layer.op == Op.SOFTMAX)
        probability = sweep == Sweep.PROBABILITY
        powers = sweep == Sweep.POWERS

        # What the lanes take.
        a_place = place_of(m, a_row, layer.a_size)
        b_size = Mux(probability, Size.BITS_16, layer.b_size)
        b_place = place_of(m, b_row, b_size)
        a_word = Signal(vector_write_layout(config))
        log_bus = (config.bus_bytes - 1).bit_length()
        m.d.comb += [
            a_word.eq(Mux(layer.fused, self.stream, self.word)),
            buffers["a"].write.eq(a_word.valid & (a_word.buffer == Buffer.A)),
            buffers["a"].read.eq(1),
            buffers["a"].read_address.eq(
                Cat(Mux(gather & ~transposes, byte[log_bus:], a_place.word)[:bits], slot)
            ),
            buffers["b"].read.eq(1),
            buffers["b"].read_address.eq(Cat(b_place.word[:bits], slot)),
            parameters.write.eq(
                Mux(
                    self.word.valid & (self.word.buffer == Buffer.PARAMETERS),
                    Mux(self.word.address[0], 2, 1),
                    0,
                )
            ),
            parameters.write_address.eq(self.word.address[1:]),
            parameters.write_data.eq(self.word.data.replicate(2)),
            parameters.read.eq(1),
            parameters.read_address.eq(
                Mux(statistics.scanning, statistics.parameter_row, parameter_row + row)
            ),
            buffers["a"].write_address.eq(Cat(a_word.address[:bits], a_word.slot)),
            buffers["a"].write_data.eq(a_word.data),
        ]
        a_part, b_part = delayed(m, a_place.part, 1), delayed(m, b_place.part, 1)
        statistics_row = Signal.like(statistics.row)
        m.d.comb += statistics_row.eq(Mux(layer.op == Op.PIXELS, 0, row))
        update = delayed(m, issue & (sweep == Sweep.STATISTICS), 4, reset_less=False)
        read_statistics = delayed(m, issue, 3, reset_less=False)
        first = delayed(m, fresh, 4)
        m.d.comb += [
            statistics.layer.eq(layer),
            statistics.row.eq(delayed(m, statistics_row, 3)),
            statistics.read.eq(read_statistics),
            statistics.update.eq(update),
            statistics.first.eq(first),
            statistics.channels.eq(parameters.o),
        ]
        m.d.comb += [
            uniform.sweep.eq(sweep),
            uniform.per_channel.eq(layer.per_channel & (sweep == Sweep.SCALE)),
            uniform.table.eq(layer.table & (layer.op != Op.SOFTMAX)),
            uniform.wide.eq(layer.o_size != Size.BITS_8),
            uniform.a_zero.eq(layer.a_zero),
            uniform.b_zero.eq(layer.b_zero),
            uniform.zero.eq(layer.zero),
            uniform.multiplier.eq(
                Mux(probability, layer.second_multiplier, layer.first_multiplier)
            ),
            uniform.second_multiplier.eq(layer.second_multiplier),
            uniform.shift.eq(Mux(probability, layer.second_shift, layer.first_shift)),
            uniform.count.eq(layer.count),
            uniform.reciprocal.eq(statistics.quotient),
        ]
        largest = Signal.like(uniform.largest, reset_less=True)
        sums = Signal(32, reset_less=True)
        m.d.comb += [uniform.largest.eq(largest), statistics.divisor.eq(sums)]

        results, values, squares = [], [], []
        entering = []
        lane_largest, lane_sums = [], []
        seen = delayed(m, issue & (sweep == Sweep.MAXIMUM), VECTOR_READ_LATENCY + STATISTICS_DELAY)
        written = delayed(m, issue, VECTOR_SWEEP_LATENCY, reset_less=False)
        begins = Signal()  # A softmax begins a sweep.
        for number in range(lanes):
            lane = self.instantiate(m, f"lane{number}", VectorLane(config))
            counts = Signal()
            m.d.comb += counts.eq(element + number < layer.valid)
            counted = delayed(m, counts, VECTOR_READ_LATENCY)
            a_element = delayed(m, lane_element(m, buffers["a"].o, number, layer.a_size, a_part), 1)
            entering.append(a_element)
            own = parameters.o[PARAMETER_BITS * number : PARAMETER_BITS * (number + 1)]
            own_statistics = slice(STATISTICS_BITS * number, STATISTICS_BITS * (number + 1))
            m.d.comb += [
                lane.uniform.eq(uniform),
                lane.a.eq(a_element),
                lane.b.eq(
                    delayed(
                        m, lane_element(m, buffers["b"].o, number, b_size, b_part, probability), 1
                    )
                ),
                lane.channel.as_value().eq(delayed(m, own, 1)),
                lane.counts.eq(counted),
                lane.statistics.as_value().eq(statistics.o[own_statistics]),
                lane.table_write.eq(self.word.valid & (self.word.buffer == Buffer.TABLE)),
                lane.table_address.eq(self.word.address),
                lane.table_data.eq(self.word.data),
            ]
            results.append(lane.o)
            values.append(lane.value[:17])
            squares.append(lane.square)
            most = Signal.like(largest, reset_less=True)
            value = lane.value[:17].as_signed()
            counted_value = delayed(m, counted, STATISTICS_DELAY)
            with m.If(begins):
                m.d.sync += most.eq(LEAST)
            with m.Elif(seen & counted_value & (value > most)):
                m.d.sync += most.eq(value)
            total = Signal(32, reset_less=True)
            with m.If(begins):
                m.d.sync += total.eq(0)
            with m.Elif(written & powers):
                m.d.sync += total.eq(total + lane.o)
            lane_largest.append(most)
            lane_sums.append(total)
        m.d.comb += [statistics.values.eq(Cat(*values)), statistics.squares.eq(Cat(*squares))]

        # GATHER: an element per cycle, a row of them when the last lane has its own.
        place = Signal(index_shape(max(2, lanes)), reset_less=True)
        line_start, index = Signal(ROW_BITS + 6, reset_less=True), Signal(ROW_BITS + 6)
        inner = Signal(ROW_BITS + 6, reset_less=True)
        gathering = Signal()
        collected = [Signal(32, reset_less=True, name=f"collected{n}") for n in range(lanes)]
        m.d.comb += [index.eq(line_start + inner), byte.eq(index << layer.a_size)]
        in_word = delayed(m, byte[:log_bus], 1)
        within = Signal()
        valid = Mux(last_block, layer.tail_valid, layer.valid)
        m.d.comb += within.eq(Cat(place if lanes > 1 else Const(0, 0), row) < valid)
        came = delayed(m, within, 1)
        element_came = Signal(32, reset_less=True)
        m.d.sync += element_came.eq(Mux(came, buffers["a"].o >> Cat(Const(0, 3), in_word), 0))
        lane_of = delayed(m, place, 2)
        ends = delayed(m, gathering & (place == lanes - 1), 3, reset_less=False)
        for number, one in enumerate(collected):
            with m.If(lane_of == number):
                m.d.sync += one.eq(element_came)

        turning, turned = Signal(), Signal()
        turned_writes = delayed(m, turned, VECTOR_READ_LATENCY, reset_less=False)
        if lanes > 1:
            transposer = self.instantiate(m, "transposer", Transposer(config))
            kept = delayed(m, within, VECTOR_READ_LATENCY)
            m.d.comb += [
                transposer.clear.eq(begins),
                transposer.shift.eq(delayed(m, turning, VECTOR_READ_LATENCY, reset_less=False)),
                transposer.i.eq(Mux(kept, Cat(entering), 0)),
            ]
            for number, one in enumerate(collected):
                collected[number] = Mux(
                    transposes, transposer.o[32 * number : 32 * number + 32], one
                )
        # A square's columns come last one first.
        column = Signal(index_shape(max(2, lanes)), reset_less=True)
        square = Signal(16, reset_less=True)
        last_column_row = Signal(ROW_BITS, reset_less=True)

        # Where results go.
        output = [Mux(gather, one, result) for one, result in zip(collected, results, strict=True)]
        o_size = Mux(powers, Size.BITS_16, layer.o_size)
        o_place = place_of(m, o_row, o_size)
        writes = Signal()
        mask, packed = Signal(4), Signal(bus_bits)
        m.d.comb += writes.eq(
            Mux(
                gather,
                ends | turned_writes,
                written & (sweep != Sweep.STATISTICS) & (sweep != Sweep.MAXIMUM),
            )
        )
        with m.Switch(o_size):
            for size in Size:
                with m.Case(size):
                    elements = Cat(one[: 8 << size] for one in output)
                    m.d.comb += packed.eq(elements.replicate(4 >> size))
                    whole = (1 << (1 << size)) - 1
                    m.d.comb += mask.eq(whole << (o_place.part << size))
        for name, used_here in (("output", ~powers), ("b", powers)):
            ram = buffers[name]
            m.d.comb += [
                ram.write.eq(Mux(writes & used_here, mask, 0)),
                ram.write_data.eq(packed),
                ram.write_address.eq(
                    Cat(o_place.word[:bits], output_slot if name == "output" else slot)
                ),
            ]
        with m.If(self.word.valid & (self.word.buffer == Buffer.B)):
            m.d.comb += [
                buffers["b"].write.eq(0b1111),
                buffers["b"].write_data.eq(self.word.data),
                buffers["b"].write_address.eq(Cat(self.word.address[:bits], self.word.slot)),
            ]
        with m.If(writes):
            m.d.sync += o_row.eq(o_row + 1)
        with m.If(turned_writes):
            following = last_column_row + (layer.rows << log_lanes)
            m.d.sync += [column.eq(column + 1), o_row.eq(o_row - layer.rows)]
            with m.If(column == lanes - 1):
                m.d.sync += [
                    column.eq(0),
                    square.eq(square + 1),
                    o_row.eq(last_column_row + square + 1),
                ]
                with m.If(square + 1 == layer.rows):
                    m.d.sync += [
                        square.eq(0),
                        last_column_row.eq(following),
                        o_row.eq(following),
                    ]
        m.d.comb += [
            buffers["output"].read.eq(self.read),
            buffers["output"].read_address.eq(Cat(self.address[:bits], self.slot)),
            self.o.eq(buffers["output"].o),
        ]

        # What comes after what.
        left = Signal(range(VECTOR_SWEEP_LATENCY), reset_less=True)
        reduced = Signal(index_shape(max(2, lanes)), reset_less=True)
        # The rows of powers lie in b, from its start on.
        kept_row = Signal(ROW_BITS, reset_less=True)
        first_sweeps = {
            Op.SCALE: Sweep.SCALE,
            Op.SUM: Sweep.SUM,
            Op.PRODUCT: Sweep.PRODUCT,
            Op.PIXELS: Sweep.STATISTICS,
            Op.SOFTMAX: Sweep.MAXIMUM,
        }

        def begin_sweep(kind: Sweep, *, again: bool) -> None:
            """A pixel's next sweep; ``again``: over the same elements."""
            m.d.comb += begins.eq(1)
            m.d.sync += [sweep.eq(kind), row.eq(0), element.eq(0), b_row.eq(0), fresh.eq(1)]
            m.d.sync += (a_row if again else pixel_row).eq(pixel_row if again else a_row)
            m.next = "sweep"

        def block_done(*, fills) -> None:
            m.d.comb += [self.freed.eq(1), self.filled.eq(fills)]
            m.d.sync += block.eq(block + 1)
            with m.If(last_block):
                m.d.sync += block.eq(0)
                with m.If(layer.fused):
                    m.d.sync += parameter_row.eq(parameter_row + layer.rows)
            m.next = "wait"

        with m.If(self.start):
            m.d.sync += [block.eq(0), applies.eq(0), parameter_row.eq(0)]
        with m.FSM():
            with m.State("wait"), m.If((full != 0) & (used != SLOTS)):
                m.d.sync += [
                    pixels.eq(Mux(last_block, layer.tail_pixels, layer.pixels)),
                    a_row.eq(0),
                    o_row.eq(0),
                    place.eq(0),
                    line_start.eq(0),
                    inner.eq(0),
                ]
                m.d.comb += begins.eq(1)
                m.d.sync += [row.eq(0), element.eq(0), b_row.eq(0), pixel_row.eq(0)]
                m.d.sync += fresh.eq((layer.op == Op.PIXELS) | (block == 0))
                with m.Switch(layer.op):
                    for op, kind in first_sweeps.items():
                        with m.Case(op):
                            m.d.sync += sweep.eq(kind)
                    with m.Case(Op.GROUPS):
                        m.d.sync += sweep.eq(Mux(applies, Sweep.NORMALIZE, Sweep.STATISTICS))
                m.next = "sweep"
                with m.If(gather):
                    m.d.sync += sweep.eq(Sweep.SCALE)
                    m.next = "gather"
                    if lanes > 1:
                        last = (layer.rows << log_lanes) - layer.rows
                        m.d.sync += [column.eq(0), square.eq(0), fresh.eq(1)]
                        with m.If(transposes):
                            m.d.sync += [last_column_row.eq(last), o_row.eq(last)]
                            m.next = "transpose"
            with m.State("sweep"):
                m.d.comb += issue.eq(1)
                m.d.sync += [
                    a_row.eq(a_row + 1),
                    b_row.eq(b_row + 1),
                    row.eq(row + 1),
                    element.eq(element + lanes),
                    left.eq(VECTOR_SWEEP_LATENCY - 1),
                ]
                with m.If(layer.op == Op.PIXELS):
                    m.d.sync += fresh.eq(0)
                with m.If(last_row):
                    m.d.sync += row.eq(0)
                    with m.If(~of_pixels | (sweep == Sweep.NORMALIZE) | probability):
                        m.d.sync += pixels.eq(pixels - 1)
                    with m.If(layer.op == Op.GROUPS):
                        m.d.sync += fresh.eq(0)
                    with m.If(layer.b_vector):
                        m.d.sync += b_row.eq(0)
                    with m.If(of_pixels | (pixels == 1)):
                        m.next = "drain"
            with m.State("gather"):
                m.d.comb += gathering.eq(1)
                m.d.sync += [
                    place.eq(place + 1),
                    inner.eq(inner + layer.inner_step),
                    left.eq(VECTOR_SWEEP_LATENCY - 1),
                ]
                with m.If(place == lanes - 1):
                    m.d.sync += [place.eq(0), row.eq(row + 1)]
                    with m.If(last_row):
                        m.d.sync += [
                            row.eq(0),
                            inner.eq(0),
                            line_start.eq(line_start + layer.outer_step),
                            pixels.eq(pixels - 1),
                        ]
                        with m.If(pixels == 1):
                            m.next = "drain"
            if lanes > 1:
                with m.State("transpose"):
                    # Nothing comes out of the transposer while the first square goes in.
                    m.d.comb += [turning.eq(1), turned.eq(~fresh)]
                    m.d.sync += [
                        place.eq(place + 1),
                        a_row.eq(a_row + layer.inner_step[log_lanes:]),
                        left.eq(VECTOR_SWEEP_LATENCY - 1),
                    ]
                    with m.If(place == lanes - 1):
                        m.d.sync += [place.eq(0), row.eq(row + 1), fresh.eq(0)]
                        with m.If(last_row):
                            m.d.sync += [
                                row.eq(0),
                                line_start.eq(line_start + 1),
                                a_row.eq(line_start + 1),
                                pixels.eq(pixels - lanes),
                            ]
                            with m.If(pixels == lanes):
                                m.next = "flush"
                with m.State("flush"):
                    m.d.comb += [turning.eq(1), turned.eq(1)]
                    m.d.sync += place.eq(place + 1)
                    with m.If(place == lanes - 1):
                        m.next = "drain"
            with m.State("drain"):
                m.d.sync += [left.eq(left - 1), reduced.eq(0)]
                with m.If(left == 0), m.Switch(sweep):
                    with m.Case(Sweep.STATISTICS):
                        with m.If(of_pixels | last_block):
                            m.d.comb += statistics.scan.eq(1)
                            m.next = "scan"
                        with m.Else():
                            block_done(fills=0)
                    with m.Case(Sweep.MAXIMUM):
                        m.d.sync += largest.eq(LEAST)
                        m.next = "largest"
                    with m.Case(Sweep.POWERS):
                        m.d.sync += [sums.eq(0), o_row.eq(kept_row)]
                        m.next = "sums"
                    with m.Default():
                        with m.If(of_pixels & (pixels != 0)):
                            with m.If(layer.op == Op.PIXELS):
                                begin_sweep(Sweep.STATISTICS, again=False)
                            with m.Else():
                                begin_sweep(Sweep.MAXIMUM, again=False)
                        with m.Else():
                            block_done(fills=1)
            with m.State("scan"), m.If(statistics.done):
                with m.If(layer.op == Op.PIXELS):
                    begin_sweep(Sweep.NORMALIZE, again=True)
                with m.Else():
                    m.d.sync += applies.eq(1)
                    block_done(fills=0)
            with m.State("largest"):
                one = Array(lane_largest)[reduced]
                m.d.sync += reduced.eq(reduced + 1)
                with m.If(one > largest):
                    m.d.sync += largest.eq(one)
                with m.If(reduced == lanes - 1):
                    begin_sweep(Sweep.POWERS, again=True)
                    m.d.sync += [kept_row.eq(o_row), o_row.eq(0)]
            with m.State("sums"):
                m.d.sync += [sums.eq(sums + Array(lane_sums)[reduced]), reduced.eq(reduced + 1)]
                with m.If(reduced == lanes - 1):
                    m.next = "divide"
            with m.State("divide"):
                m.d.comb += statistics.divide.eq(1)
                m.next = "divided"
            with m.State("divided"), m.If(statistics.divided):
                begin_sweep(Sweep.PROBABILITY, again=True)
        return m
