"""Turns squares of elements: a row goes in and a column comes out in every cycle."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule


class Transposer(RtlModule):
    """As many rows of as many elements as there are lanes, transposed.

    With ``shift`` a row ``i`` enters, lane 0 in its lowest 32 bits. ``o`` shows the columns of the
    square before, the last one first, its first row's element lowest: column ``lanes - 1 - n`` in
    the cycle of the n-th shift after that square's last. ``clear`` starts with an empty one.

    One array does both: squares enter downwards and rightwards in turn, and push out the one
    before.
    """

    LATENCY = 1
    module_name = "ditto_vector_transposer"

    def __init__(self, config: MachineConfig) -> None:
        self.lanes = config.vector_lanes
        super().__init__(
            {
                "clear": In(1),
                "shift": In(1),
                "i": In(unsigned(32 * self.lanes)),
                "o": Out(unsigned(32 * self.lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        size = self.lanes
        array = [
            [Signal(32, reset_less=True, name=f"element_{row}_{column}") for column in range(size)]
            for row in range(size)
        ]
        rightwards = Signal()
        place = Signal(range(max(2, size)))
        elements = [self.i[32 * n : 32 * n + 32] for n in range(size)]
        bottom, right = array[-1], [row[-1] for row in array]
        m.d.comb += self.o.eq(Mux(rightwards, Cat(reversed(right)), Cat(reversed(bottom))))
        with m.If(self.clear):
            m.d.sync += [place.eq(0), rightwards.eq(0)]
        with m.Elif(self.shift):
            m.d.sync += place.eq(place + 1)
            with m.If(place == size - 1):
                m.d.sync += [place.eq(0), rightwards.eq(~rightwards)]
            for row in range(size):
                for column in range(size):
                    above = array[row - 1][column] if row else elements[column]
                    left = array[row][column - 1] if column else elements[row]
                    m.d.sync += array[row][column].eq(Mux(rightwards, left, above))
        return m
