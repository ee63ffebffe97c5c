"""A lane of the output stage: the requantization of one sum per cycle."""

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
    """What is the same for all elements of a fused layer: zero point, saturation, table."""
    return data.StructLayout({"zero": signed(16), "wide": unsigned(1), "table": unsigned(1)})


class OutputLane(RtlModule):
    """SCALE per channel (docs/vector.md): bias, multiplier, shift, zero point, table.

    Ports: ``uniform`` is stable while elements are under way. Elements ``a`` and the ``channel``'s
    parameters come every cycle; ``o`` is the result, ``LATENCY`` cycles later. ``table_write``
    stores a bus word of the table.

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
        # Stage 5: zero point and saturation.
        moved = Signal(signed(ACCUMULATOR_BITS + 1))
        result = Signal(signed(16), reset_less=True)
        m.d.comb += moved.eq(rounded + uniform.zero)
        m.d.sync += result.eq(saturated(m, moved, uniform.wide & ~uniform.table))
        # Stage 6 and 7: the table.
        table = self.instantiate(m, "lookup", LookupTable(self.config))
        m.d.comb += [
            table.write.eq(self.table_write),
            table.address.eq(self.table_address),
            table.data.eq(self.table_data),
            table.index.eq(result[:8]),
        ]
        m.d.sync += self.o.eq(Mux(uniform.table, table.entry, delayed(m, result, 1)))
        return m
