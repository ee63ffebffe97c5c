"""A lane of the vector unit: the arithmetic of one element per cycle."""

from amaranth.hdl import Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import VECTOR_LANE_LATENCY
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
from rtl.vector.saturation import saturated
from rtl.vector.table import LookupTable, table_words

ACCUMULATOR_BITS = 59


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
        softmax = (sweep == Sweep.MAXIMUM) | powers | probability
        channels = uniform.per_channel | normalize
        own = self.channel

        # Stage 1: distances to zero points.
        plain, bias = Signal(signed(17)), Signal(signed(33))
        m.d.comb += [
            plain.eq(Mux(softmax, 0, -uniform.a_zero)),
            bias.eq(Mux(uniform.per_channel, own.bias, plain)),
        ]
        x = Signal(signed(33), reset_less=True)
        y = Signal(signed(18), reset_less=True)
        m.d.sync += [
            x.eq(Mux(powers, self.largest - self.a, self.a + bias)),
            y.eq(Mux(probability, self.b, self.b - uniform.b_zero)),
        ]
        # Stage 2: the first multiplication.
        one, other = Signal(signed(18)), Signal(signed(26))
        first = Signal(signed(44), reset_less=True)
        m.d.comb += [
            one.eq(Mux(is_sum, y, x[:18].as_signed())),
            other.eq(x[:18].as_signed()),
        ]
        with m.Switch(sweep):
            with m.Case(Sweep.SUM):
                m.d.comb += other.eq(uniform.second_multiplier)
            with m.Case(Sweep.PRODUCT):
                m.d.comb += other.eq(y)
            with m.Case(Sweep.NORMALIZE):
                m.d.comb += other.eq(uniform.count)
        m.d.sync += first.eq(one * other)
        x2, y2 = delayed(m, x, 1), delayed(m, y, 1)
        m.d.comb += [self.value.eq(x2), self.square.eq(first)]
        # Stage 3: what the second multiplication takes.
        root = Signal(root_layout())
        centred = Signal(signed(42), reset_less=True)
        factor = Signal(signed(ROOT_BITS + 1), reset_less=True)
        places = Signal.like(root.places, reset_less=True)
        m.d.comb += root.eq(self.statistics.squares)
        m.d.sync += [
            centred.eq(Mux(probability, self.reciprocal, first - self.statistics.total)),
            factor.eq(Mux(probability, y2, root.root)),
            places.eq(root.places),
        ]
        # Stage 4: the second multiplication.
        second = Signal(signed(60), reset_less=True)
        m.d.sync += second.eq(centred * factor)
        places4 = delayed(m, places, 1)
        # Stage 5: its result, or what needed none.
        half = Signal(60)
        m.d.comb += half.eq(Mux(probability, 0, (1 << places4) >> 1))
        scaled, plain5 = Signal(signed(33), reset_less=True), delayed(m, x2, 3)
        first5 = delayed(m, first, 3)
        m.d.sync += scaled.eq((second + half) >> Mux(probability, 22, places4))
        chosen = Signal(signed(33))
        m.d.comb += chosen.eq(plain5)
        with m.If(normalize | probability):
            m.d.comb += chosen.eq(scaled)
        with m.Elif(is_product):
            m.d.comb += chosen.eq(first5)
        # Stage 6: the third multiplication.
        parameters5 = delayed(m, own.as_value(), 5)
        late = Signal(parameter_layout())
        multiplier, shift = Signal(signed(17)), Signal(6)
        addend = Signal(signed(ACCUMULATOR_BITS))
        m.d.comb += [
            late.eq(parameters5),
            multiplier.eq(Mux(channels, late.multiplier, uniform.multiplier)),
            shift.eq(Mux(channels, late.shift, uniform.shift)),
        ]
        with m.If(is_sum):
            m.d.comb += addend.eq(first5)
        with m.Elif(normalize):
            # Shifts of a normalization are 8 to 32.
            m.d.comb += addend.eq(late.bias << (shift - 8)[:5])
        product = Signal(signed(50), reset_less=True)
        rest = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        m.d.sync += [
            product.eq(chosen * multiplier),
            rest.eq(addend + ((1 << shift) >> 1)),
        ]
        # Stage 7 and 8: the sum, rounded.
        total = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        rounded = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        shift7 = delayed(m, shift, 2)
        m.d.sync += [total.eq(product + rest), rounded.eq(total >> shift7)]
        # Stage 9: zero point and saturation; distances of softmax keep all their bits.
        result = Signal(32, reset_less=True)
        moved = Signal(signed(ACCUMULATOR_BITS + 1))
        m.d.comb += moved.eq(rounded + uniform.zero)
        with m.If(powers):
            m.d.sync += result.eq(rounded[:32])
        with m.Else():
            m.d.sync += result.eq(saturated(m, moved, uniform.wide & ~uniform.table))
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
            far = index[12:].any()
            m.d.sync += self.o.eq(Mux(counts & ~far, table.entry >> index[8:12], 0))
        with m.Elif(uniform.table):
            m.d.sync += self.o.eq(table.entry)
        with m.Else():
            m.d.sync += self.o.eq(index[:16])
        return m
