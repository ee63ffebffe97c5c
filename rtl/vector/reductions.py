"""Sums and maxima of pixels: what the lanes bring in a cycle, added up by a pipelined tree."""

from collections.abc import Callable

from amaranth.hdl import Array, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import reduction_latency
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import index_shape
from rtl.vector.layouts import LEAST, SQUARE_BITS, statistics_layout

VALUE_BITS = 17
POWER_BITS = 16


class Reductions(RtlModule):
    """Adds up rows of elements to pixels, and keeps their largest values.

    Ports: with ``take``, the ``values`` (17 bits each, signed) and ``squares`` of all lanes belong
    to ``pixel``, of which ``last`` says that they are its last ones; ``counts`` says of each lane
    whether it counts for the maximum. With ``take_powers`` the same of ``powers`` (16 bits).
    ``LATENCY`` cycles after a pixel's last ones, ``ended`` tells its sums, those of powers in
    ``total``; its maximum is then kept: ``largest`` is that of pixel ``read``, a cycle later.

    Throughput: a row per cycle. Values and powers are never under way at once.
    """

    module_name = "ditto_vector_reductions"

    def __init__(self, config: MachineConfig) -> None:
        self.lanes = config.vector_lanes
        self.channel_bits = (config.vector_channels - 1).bit_length()
        self.LATENCY = reduction_latency(self.lanes)
        pixel = index_shape(max(2, self.lanes))
        super().__init__(
            {
                "take": In(1),
                "take_powers": In(1),
                "pixel": In(pixel),
                "last": In(1),
                "values": In(unsigned(VALUE_BITS * self.lanes)),
                "squares": In(unsigned(32 * self.lanes)),
                "powers": In(unsigned(POWER_BITS * self.lanes)),
                "counts": In(unsigned(self.lanes)),
                "ended": Out(1),
                "ended_pixel": Out(pixel),
                "sums": Out(statistics_layout()),
                "read": In(pixel),
                "largest": Out(signed(VALUE_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        def tree(values: list[Value], join: Callable[[Value, Value], Value]) -> Value:
            """All of them joined, a level per cycle."""
            while len(values) > 1:
                pairs = [join(a, b) for a, b in zip(values[::2], values[1::2], strict=True)]
                values = []
                for pair in pairs:
                    value = Signal(pair.shape(), reset_less=True)
                    m.d.sync += value.eq(pair)
                    values.append(value)
            return values[0]

        def larger(a: Value, b: Value) -> Value:
            return Mux(a > b, a, b)

        values, squares, addends = [], [], []
        for lane in range(self.lanes):
            value = self.values[VALUE_BITS * lane : VALUE_BITS * (lane + 1)].as_signed()
            power = self.powers[POWER_BITS * lane : POWER_BITS * (lane + 1)]
            values.append(Mux(self.counts[lane], value, LEAST))
            squares.append(self.squares[32 * lane : 32 * (lane + 1)])
            addends.append(Mux(self.take_powers, power, value))
        most = tree(values, larger)
        square = tree(squares, lambda a, b: a + b)
        total = tree(addends, lambda a, b: a + b)

        # What the trees' rows are, and whether they begin a pixel.
        levels = self.LATENCY - 1
        values_come = delayed(m, self.take, levels, reset_less=False)
        takes = Signal()
        m.d.comb += takes.eq(values_come | delayed(m, self.take_powers, levels, reset_less=False))
        pixel, last = delayed(m, self.pixel, levels), delayed(m, self.last, levels)
        begins = Signal(init=1)
        with m.If(takes):
            m.d.sync += begins.eq(last)
        # Of pixels whose channels have parameters, or of powers.
        total_bits = max(VALUE_BITS + self.channel_bits, 32)
        square_bits = min(32 + self.channel_bits, SQUARE_BITS)
        totals = Signal(signed(total_bits), reset_less=True)
        sum_of_squares = Signal(square_bits, reset_less=True)
        largest = Signal(signed(VALUE_BITS), reset_less=True)
        kept = Array(
            Signal(signed(VALUE_BITS), reset_less=True, name=f"kept{n}") for n in range(self.lanes)
        )
        most_so_far = Signal(signed(VALUE_BITS))
        m.d.comb += [
            most_so_far.eq(larger(most, Mux(begins, LEAST, largest))),
        ]
        with m.If(takes):
            m.d.sync += [
                totals.eq(Mux(begins, 0, totals) + total),
                sum_of_squares.eq(Mux(begins, 0, sum_of_squares) + square),
            ]
        with m.If(values_come):
            m.d.sync += [largest.eq(most_so_far), kept[pixel].eq(most_so_far)]
        shown = Signal.like(self.largest, reset_less=True)
        m.d.sync += [
            self.ended.eq(takes & last),
            self.ended_pixel.eq(pixel),
            shown.eq(kept[self.read]),
        ]
        m.d.comb += [
            self.sums.total.eq(totals),
            self.sums.squares.eq(sum_of_squares),
            self.largest.eq(shown),
        ]
        return m
