"""A lane of the output stage: a sum of the array per cycle, requantized and added to another."""

from amaranth.hdl import Module, Mux, Signal, signed, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import OUTPUT_LANE_LATENCY
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import index_shape
from rtl.vector.lane import ACCUMULATOR_BITS
from rtl.vector.layouts import parameter_layout
from rtl.vector.saturation import saturated
from rtl.vector.table import LookupTable, table_words


def output_uniform_layout() -> data.StructLayout:
    """What is the same for all elements of a fused layer.

    ``a_zero`` is the zero point of the requantized sum, which with ``a_multiplier`` and its addend,
    less ``b_zero``, with ``b_multiplier``, make the result.
    """
    return data.StructLayout(
        {
            "a_zero": signed(16),
            "b_zero": signed(16),
            "zero": signed(16),
            "a_multiplier": signed(17),
            "b_multiplier": signed(17),
            "shift": unsigned(6),
            "wide": unsigned(1),
            "table": unsigned(1),
        }
    )


class OutputLane(RtlModule):
    """SUM of docs/vector.md, fused: bias, multiplier and shift of the channel, then the addend.

    SCALE is a sum with nothing, times 2 and shifted by 1.

    Ports: ``uniform`` is stable while elements are under way. Elements ``a``, their addends ``b``
    and the ``channel``'s parameters come every cycle; ``o`` is the result, ``LATENCY`` cycles
    later. ``table_write`` stores a bus word of the table.

    Throughput one element per cycle; there is no flow control.
    """

    LATENCY = OUTPUT_LANE_LATENCY
    module_name = "ditto_output_lane"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "uniform": In(output_uniform_layout()),
                "a": In(signed(32)),
                "b": In(signed(16)),
                "channel": In(parameter_layout()),
                "o": Out(unsigned(16)),
                "table_write": In(1),
                "table_address": In(index_shape(table_words(config))),
                "table_data": In(unsigned(config.bus_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        uniform, own = self.uniform, self.channel
        # Stage 1: the bias.
        x = Signal(signed(33), reset_less=True)
        multiplier, shift = delayed(m, own.multiplier, 1), delayed(m, own.shift, 1)
        m.d.sync += x.eq(self.a + own.bias)
        # Stage 2: the multiplication.
        product = Signal(signed(50), reset_less=True)
        half = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        m.d.sync += [product.eq(x * multiplier), half.eq((1 << shift) >> 1)]
        # Stage 3 and 4: rounded.
        total = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        rounded = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        m.d.sync += [total.eq(product + half), rounded.eq(total >> delayed(m, shift, 2))]
        # Stage 5: an element of a tensor, less its zero point, and so is the addend.
        moved = Signal(signed(ACCUMULATOR_BITS + 1))
        first = Signal(signed(17), reset_less=True)
        second = Signal(signed(17), reset_less=True)
        m.d.comb += moved.eq(rounded + uniform.a_zero)
        m.d.sync += [
            first.eq(saturated(m, moved, 1) - uniform.a_zero),
            second.eq(delayed(m, self.b, 4) - uniform.b_zero),
        ]
        # Stage 6: both multiplications.
        scaled = Signal(signed(34), reset_less=True)
        added = Signal(signed(34), reset_less=True)
        m.d.sync += [
            scaled.eq(first * uniform.a_multiplier),
            added.eq(second * uniform.b_multiplier),
        ]
        # Stage 7 and 8: their sum, rounded.
        both = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        shifted = Signal(signed(ACCUMULATOR_BITS), reset_less=True)
        m.d.sync += [
            both.eq(scaled + added + ((1 << uniform.shift) >> 1)),
            shifted.eq(both >> uniform.shift),
        ]
        # Stage 9: zero point and saturation.
        result = Signal(signed(16), reset_less=True)
        m.d.sync += result.eq(saturated(m, shifted + uniform.zero, uniform.wide & ~uniform.table))
        # Stage 10 and 11: the table.
        table = self.instantiate(m, "lookup", LookupTable(self.config))
        m.d.comb += [
            table.write.eq(self.table_write),
            table.address.eq(self.table_address),
            table.data.eq(self.table_data),
            table.index.eq(result[:8]),
        ]
        m.d.sync += self.o.eq(Mux(uniform.table, table.entry, delayed(m, result, 1)))
        return m
