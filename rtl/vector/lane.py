"""A lane of the vector unit: the arithmetic of one element per cycle."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import VECTOR_LANE_LATENCY
from rtl.blocks.addition import multiplied, products
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import index_shape
from rtl.vector.layouts import (
    ROOT_BITS,
    Sweep,
    parameter_layout,
    root_layout,
    statistics_layout,
    uniform_layout,
)
from rtl.vector.saturation import clamped, highest, lowest
from rtl.vector.table import LookupTable, table_words

FIRST_BITS, CENTRED_BITS, SECOND_BITS, ACCUMULATOR_BITS = 43, 41, 58, 57
"""Of the first product, of N x - S, of the second product, of the sum that is shifted last"""
PROBABILITY_PLACES = 22
POWER_INDEX_BITS = 12
"""Of a distance whose power is not 0: the table's index, and a shift"""


class VectorLane(RtlModule):
    """Multiplies, adds, shifts, saturates, looks up: docs/vector.md.

    Ports: ``uniform`` is stable while elements are under way. Elements ``a``, ``b`` and the
    ``channel``'s parameters come every cycle, and the ``largest`` element of its pixel; ``counts``
    says that the element is one of a row's valid ones. ``statistics`` of its channel or pixel, sum
    and root (:func:`rtl.vector.layouts.root_layout` in ``squares``), and the ``reciprocal`` of its
    pixel are read ``VECTOR_STATISTICS_DELAY`` cycles later; ``value`` and ``square`` come out then.
    ``o`` is the result, ``LATENCY`` cycles after the element came. ``table_write`` stores a bus
    word of the table.

    Throughput one element per cycle; there is no flow control.
    """

    LATENCY = VECTOR_LANE_LATENCY
    module_name = "ditto_vector_lane"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "uniform": In(uniform_layout()),
                "a": In(signed(32)),
                "b": In(signed(17)),
                "channel": In(parameter_layout()),
                "counts": In(1),
                "largest": In(signed(17)),
                "reciprocal": In(unsigned(32)),
                "statistics": In(statistics_layout()),
                "value": Out(signed(33)),
                "square": Out(unsigned(32)),
                "o": Out(unsigned(16)),
                "table_write": In(1),
                "table_address": In(index_shape(table_words(config))),
                "table_data": In(unsigned(config.bus_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        uniform = self.uniform
        sweep = uniform.sweep
        is_sum, is_product = sweep == Sweep.SUM, sweep == Sweep.PRODUCT
        normalize = sweep == Sweep.NORMALIZE
        powers, probability = sweep == Sweep.POWERS, sweep == Sweep.PROBABILITY
        channels = uniform.per_channel | normalize
        own = self.channel

        # Stage 1: distances to zero points, and what the first multiplication takes.
        base, bias = Signal(signed(32)), Signal(signed(32))
        m.d.comb += [
            base.eq(Mux(powers, ~self.a, self.a)),
            bias.eq(Mux(uniform.per_channel, own.bias, Mux(powers, self.largest, uniform.bias))),
        ]
        x = Signal(signed(33), reset_less=True)
        one = Signal(signed(18), reset_less=True)
        other = Signal(signed(26), reset_less=True)
        m.d.sync += [
            x.eq(base + bias + powers),
            one.eq(
                Mux(is_sum | probability, self.b, self.a[:17].as_signed())
                + Mux(is_sum, uniform.b_bias, Mux(probability, 0, uniform.bias))
            ),
        ]
        with m.Switch(sweep):
            with m.Case(Sweep.SUM):
                m.d.sync += other.eq(uniform.second_multiplier)
            with m.Case(Sweep.PRODUCT):
                m.d.sync += other.eq(self.b + uniform.b_bias)
            with m.Case(Sweep.NORMALIZE):
                m.d.sync += other.eq(uniform.count)
            with m.Default():
                m.d.sync += other.eq(self.a[:17].as_signed() + uniform.bias)
        # Stage 2 and 3: the first multiplication.
        first = Signal(signed(FIRST_BITS), reset_less=True)
        m.d.sync += first.eq(multiplied(m, products(m, other, one, FIRST_BITS), FIRST_BITS))
        x3, one3 = delayed(m, x, 2), delayed(m, one[:17], 2)
        m.d.comb += [self.value.eq(x3), self.square.eq(first)]
        # Stage 4: what the second one takes.
        root = Signal(root_layout())
        centred = Signal(signed(CENTRED_BITS), reset_less=True)
        factor = Signal(signed(ROOT_BITS + 1), reset_less=True)
        places = Signal.like(root.places, reset_less=True)
        difference = first - self.statistics.total
        m.d.comb += root.eq(self.statistics.squares)
        m.d.sync += [
            centred.eq(Mux(probability, self.reciprocal, difference)),
            factor.eq(Mux(probability, one3, root.root)),
            places.eq(Mux(probability, PROBABILITY_PLACES, root.places)),
        ]
        # Stage 5 and 6: the second multiplication, whose result is still to be rounded, or what
        # needed none; and what is added later.
        second = Signal(signed(SECOND_BITS))
        m.d.comb += second.eq(multiplied(m, products(m, centred, factor, SECOND_BITS), SECOND_BITS))
        places6 = delayed(m, places, 1)
        first6, x6 = delayed(m, first, 2), delayed(m, x3, 2)
        late, soon = Signal(parameter_layout()), Signal(parameter_layout())
        parameters5 = delayed(m, own.as_value(), 5)
        m.d.comb += [soon.eq(parameters5), late.eq(delayed(m, parameters5, 1))]
        multiplier, shift = Signal(signed(17)), Signal(6)
        m.d.comb += [
            multiplier.eq(Mux(channels, late.multiplier, uniform.multiplier)),
            shift.eq(Mux(channels, late.shift, uniform.shift)),
        ]
        doubled = Signal(signed(SECOND_BITS + 1))
        m.d.comb += doubled.eq(Cat(Const(0, 1), second).as_signed() >> places6)
        chosen = Signal(signed(33), reset_less=True)
        halves = Signal(reset_less=True)
        addend = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        m.d.sync += [chosen.eq(x6), halves.eq(normalize & doubled[0]), addend.eq(0)]
        with m.If(normalize | probability):
            m.d.sync += chosen.eq(doubled >> 1)
        with m.Elif(is_product):
            m.d.sync += chosen.eq(first6)
        with m.If(is_sum):
            m.d.sync += addend.eq(first6)
        with m.Elif(normalize):
            # Shifts of a normalization are 8 to 32.
            m.d.sync += addend.eq(soon.bias << (soon.shift - 8)[:5])
        # Stage 7 and 8: the third multiplication, of what is rounded up if ``halves``; most of the
        # shift behind it.
        total = Signal(signed(ACCUMULATOR_BITS))
        shifted = Signal(signed(ACCUMULATOR_BITS + 1), reset_less=True)
        rows = products(m, chosen, multiplier, ACCUMULATOR_BITS)
        rows += [Mux(halves, multiplier, 0), addend]
        shift8 = delayed(m, shift, 1)
        m.d.comb += total.eq(multiplied(m, rows, ACCUMULATOR_BITS))
        m.d.sync += shifted.eq(Cat(Const(0, 1), total).as_signed() >> (shift8 & 0b110000))
        # Stage 9: rounded, zero point and saturation; of a softmax distance what its power needs:
        # 12 bits, and whether it is more.
        result = Signal(16, reset_less=True)
        far = Signal(reset_less=True)
        exact = Signal(signed(ACCUMULATOR_BITS + 1))
        inside, distance = Signal(signed(16)), Signal(POWER_INDEX_BITS)
        m.d.comb += [
            exact.eq(shifted >> delayed(m, shift8[:4], 1)),
            inside.eq((exact[:17] + Cat(exact[0], uniform.zero))[1:]),
            distance.eq(exact[1 : POWER_INDEX_BITS + 1] + exact[0]),
        ]
        ends = lowest(uniform.wide), highest(uniform.wide)
        saturated = clamped(m, exact, uniform.below, uniform.high, inside, ends)
        rounds_up = exact[: POWER_INDEX_BITS + 1].all()
        m.d.sync += [
            result.eq(Mux(powers, distance, saturated)),
            far.eq(exact[POWER_INDEX_BITS + 1 : -1].any() | rounds_up),
        ]
        # Stage 10 and 11: the table.
        table = self.instantiate(m, "lookup", LookupTable(self.config))
        m.d.comb += [
            table.write.eq(self.table_write),
            table.address.eq(self.table_address),
            table.data.eq(self.table_data),
            table.index.eq(result[:8]),
        ]
        index = delayed(m, result, 1)
        counts = delayed(m, self.counts, VECTOR_LANE_LATENCY - 1)
        with m.If(powers):
            near = counts & ~delayed(m, far, 1)
            m.d.sync += self.o.eq(Mux(near, table.entry >> index[8:12], 0))
        with m.Elif(uniform.table):
            m.d.sync += self.o.eq(table.entry)
        with m.Else():
            m.d.sync += self.o.eq(index)
        return m
