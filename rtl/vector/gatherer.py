"""The gatherer: elements of a block in another order, one per cycle or a row of them."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import VECTOR_READ_LATENCY, VECTOR_SWEEP_LATENCY
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import vector_layout
from rtl.tile.layouts import index_shape
from rtl.vector.elements import ROW_BITS
from rtl.vector.transposer import Transposer


class Gatherer(RtlModule):
    """GATHER of docs/vector.md, a block at a time.

    Ports: ``start`` begins a block of ``pixels`` lines, of which ``valid`` elements count; ``done``
    is high in its last cycle. ``byte`` is where in its half of the buffer an element is read, whose
    ``word`` is there a cycle later; where whole squares are transposed (``transposes``), it is a
    row of elements, ``row``, which enters as ``elements`` ``VECTOR_READ_LATENCY`` cycles later.
    ``write`` says that ``o`` is row ``o_row`` of the output.

    Throughput: an element per cycle, of whole squares a row of them.
    """

    LATENCY = VECTOR_SWEEP_LATENCY
    module_name = "ditto_vector_gatherer"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        lanes = config.vector_lanes
        self.word_bytes = 4 * lanes
        super().__init__(
            {
                "layer": In(vector_layout()),
                "start": In(1),
                "pixels": In(unsigned(16)),
                "valid": In(unsigned(16)),
                "transposes": Out(1),
                "byte": Out(unsigned(ROW_BITS + 8)),
                "row": Out(unsigned(ROW_BITS)),
                "word": In(unsigned(32 * lanes)),
                "elements": In(unsigned(32 * lanes)),
                "write": Out(1),
                "o_row": Out(unsigned(ROW_BITS)),
                "o": Out(unsigned(32 * lanes)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, lanes = self.layer, self.config.vector_lanes
        log_lanes = (lanes - 1).bit_length()
        place_bits = (self.word_bytes - 1).bit_length()
        if lanes > 1:
            odd = Cat(
                layer.inner_step[:log_lanes],
                layer.pixels[:log_lanes],
                layer.tail_pixels[:log_lanes],
            )
            m.d.comb += self.transposes.eq((layer.outer_step == 1) & ~odd.any())

        # Where in its line, and in the block, the element is.
        pixels, valid = Signal(16, reset_less=True), Signal(16, reset_less=True)
        place = Signal(index_shape(max(2, lanes)), reset_less=True)
        row, last_row = Signal(16, reset_less=True), Signal()
        line_start = Signal(ROW_BITS + 6, reset_less=True)
        inner = Signal(ROW_BITS + 6, reset_less=True)
        left = Signal(range(VECTOR_SWEEP_LATENCY), reset_less=True)
        gathering, within = Signal(), Signal()
        index = Signal(ROW_BITS + 6)
        m.d.comb += [
            last_row.eq(row + 1 == layer.rows),
            within.eq(Cat(place if lanes > 1 else Const(0, 0), row) < valid),
            index.eq(line_start + inner),
            self.byte.eq(index << layer.a_size),
        ]

        # One per cycle, collected to a row.
        in_word, came = delayed(m, self.byte[:place_bits], 1), delayed(m, within, 1)
        element = Signal(32, reset_less=True)
        m.d.sync += element.eq(Mux(came, self.word >> Cat(Const(0, 3), in_word), 0))
        lane_of = delayed(m, place, 2)
        ends = delayed(m, gathering & (place == lanes - 1), 3, reset_less=False)
        collected = [Signal(32, reset_less=True, name=f"collected{n}") for n in range(lanes)]
        for number, one in enumerate(collected):
            with m.If(lane_of == number):
                m.d.sync += one.eq(element)
        m.d.comb += [self.o.eq(Cat(collected)), self.write.eq(ends)]
        with m.If(ends):
            m.d.sync += self.o_row.eq(self.o_row + 1)

        # A square's columns come last one first.
        turning, turned, empty = Signal(), Signal(), Signal(reset_less=True)
        square = Signal(16, reset_less=True)
        last_column_row = Signal(ROW_BITS, reset_less=True)
        if lanes > 1:
            turned_writes = delayed(m, turned, VECTOR_READ_LATENCY, reset_less=False)
            column = Signal(index_shape(lanes), reset_less=True)
            transposer = self.instantiate(m, "transposer", Transposer(self.config))
            m.d.comb += [
                transposer.clear.eq(self.start),
                transposer.shift.eq(delayed(m, turning, VECTOR_READ_LATENCY, reset_less=False)),
                transposer.i.eq(Mux(delayed(m, within, VECTOR_READ_LATENCY), self.elements, 0)),
            ]
            with m.If(self.transposes):
                m.d.comb += [self.o.eq(transposer.o), self.write.eq(turned_writes)]
            with m.If(turned_writes):
                following = last_column_row + (layer.rows << log_lanes)
                m.d.sync += [column.eq(column + 1), self.o_row.eq(self.o_row - layer.rows)]
                with m.If(column == lanes - 1):
                    m.d.sync += [
                        column.eq(0),
                        square.eq(square + 1),
                        self.o_row.eq(last_column_row + square + 1),
                    ]
                    with m.If(square + 1 == layer.rows):
                        m.d.sync += [
                            square.eq(0),
                            last_column_row.eq(following),
                            self.o_row.eq(following),
                        ]

        with m.FSM():
            with m.State("idle"), m.If(self.start):
                m.d.sync += [
                    pixels.eq(self.pixels),
                    valid.eq(self.valid),
                    place.eq(0),
                    row.eq(0),
                    line_start.eq(0),
                    inner.eq(0),
                    self.row.eq(0),
                    self.o_row.eq(0),
                    left.eq(VECTOR_SWEEP_LATENCY - 1),
                ]
                m.next = "gather"
                if lanes > 1:
                    last = (layer.rows << log_lanes) - layer.rows
                    m.d.sync += [column.eq(0), square.eq(0), empty.eq(1)]
                    with m.If(self.transposes):
                        m.d.sync += [last_column_row.eq(last), self.o_row.eq(last)]
                        m.next = "transpose"
            with m.State("gather"):
                m.d.comb += gathering.eq(1)
                m.d.sync += [place.eq(place + 1), inner.eq(inner + layer.inner_step)]
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
                    m.d.comb += [turning.eq(1), turned.eq(~empty)]
                    m.d.sync += [
                        place.eq(place + 1),
                        self.row.eq(self.row + layer.inner_step[log_lanes:]),
                    ]
                    with m.If(place == lanes - 1):
                        m.d.sync += [place.eq(0), row.eq(row + 1), empty.eq(0)]
                        with m.If(last_row):
                            m.d.sync += [
                                row.eq(0),
                                line_start.eq(line_start + 1),
                                self.row.eq(line_start + 1),
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
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.d.comb += self.done.eq(1)
                    m.next = "idle"
        return m
