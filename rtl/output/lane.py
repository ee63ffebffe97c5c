"""A lane of the output stage: a sum of the array per cycle, requantized and added to another."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import OUTPUT_LANE_LATENCY
from rtl.blocks.addition import multiplied, products
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import index_shape
from rtl.vector.layouts import parameter_layout
from rtl.vector.saturation import clamped, highest, lowest
from rtl.vector.table import LookupTable, table_words

PRODUCT_BITS, SUM_BITS = 50, 35


def output_uniform_layout() -> data.StructLayout:
    """What is the same for all elements of a fused layer.

    The requantized sum, less its zero point, is ``a_low`` to ``a_high`` (``a_below`` is one less
    than the former); it with ``a_multiplier`` and the addend, to which ``b_bias`` is added, with
    ``b_multiplier`` make the result: more than ``below`` and at most ``high`` before ``zero`` is
    added, and ``wide`` if it has 16 bits.
    """
    return data.StructLayout(
        {
            "a_low": signed(17),
            "a_high": signed(17),
            "a_below": signed(17),
            "b_bias": signed(17),
            "zero": signed(16),
            "high": signed(17),
            "below": signed(17),
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
        multiplier, shift = delayed(m, own.multiplier, 1), delayed(m, own.shift, 3)
        m.d.sync += x.eq(self.a + own.bias)
        # Stage 2 and 3: the multiplication.
        total = Signal(signed(PRODUCT_BITS), reset_less=True)
        m.d.sync += total.eq(multiplied(m, products(m, x, multiplier, PRODUCT_BITS), PRODUCT_BITS))
        # The addend meanwhile: less its zero point, multiplied.
        second = Signal(signed(17), reset_less=True)
        m.d.sync += second.eq(delayed(m, self.b, 1) + uniform.b_bias)
        scaled = Signal(signed(SUM_BITS), reset_less=True)
        rows = products(m, second, uniform.b_multiplier, SUM_BITS)
        m.d.sync += scaled.eq(multiplied(m, rows, SUM_BITS))
        # Stage 4: rounded to an element of a tensor, less its zero point.
        exact = Signal(signed(PRODUCT_BITS + 1))
        inside, first = Signal(signed(17)), Signal(signed(17), reset_less=True)
        m.d.comb += [
            exact.eq(Cat(Const(0, 1), total).as_signed() >> shift),
            inside.eq(exact[1:18] + exact[0]),
        ]
        ends = uniform.a_low, uniform.a_high
        m.d.sync += first.eq(clamped(m, exact, uniform.a_below, uniform.a_high, inside, ends))
        # Stage 5 and 6: multiplied, and the addend.
        both = Signal(signed(SUM_BITS), reset_less=True)
        rows = [*products(m, first, uniform.a_multiplier, SUM_BITS), scaled]
        m.d.sync += both.eq(multiplied(m, rows, SUM_BITS))
        # Stage 7: rounded, zero point and saturation.
        doubled = Signal(signed(SUM_BITS + 1))
        moved = Signal(signed(16))
        result = Signal(signed(16), reset_less=True)
        m.d.comb += [
            doubled.eq(Cat(Const(0, 1), both).as_signed() >> uniform.shift),
            moved.eq((doubled[:17] + Cat(doubled[0], uniform.zero))[1:]),
        ]
        ends = lowest(uniform.wide), highest(uniform.wide)
        m.d.sync += result.eq(clamped(m, doubled, uniform.below, uniform.high, moved, ends))
        # Stage 8 and 9: the table.
        table = self.instantiate(m, "lookup", LookupTable(self.config))
        m.d.comb += [
            table.write.eq(self.table_write),
            table.address.eq(self.table_address),
            table.data.eq(self.table_data),
            table.index.eq(result[:8]),
        ]
        m.d.sync += self.o.eq(Mux(uniform.table, table.entry, delayed(m, result, 1)))
        return m
