"""What is wrong with a vector descriptor, as far as it could harm: sizes, buffers, addresses."""

from amaranth.hdl import Cat, Module, Signal, Value, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import CHECK_LATENCY
from golden.vector.descriptor import COUNTERS, PARAMETER_BYTES, STEPS, Op, Size
from rtl.blocks.addition import multiplied, products
from rtl.blocks.module import RtlModule
from rtl.scheduler.error_codes import CODE_BITS
from rtl.scheduler.layouts import ADDRESS_BITS, vector_layout
from rtl.scheduler.rules import Rule, first_broken

ADDRESSES = ["a_address", "b_address", "o_address", "p_address", "t_address"]
"""Checked in this order, used or not"""


class VectorCheck(RtlModule):
    """The first rule that ``layer`` breaks, as a code of the registers.

    ``layer`` stands for ``LATENCY`` cycles, behind which ``code`` tells. ``address`` is the one
    that is misaligned, if that is what is wrong. What passes may compute nonsense, but ends:
    buffers wrap around, and no engine waits for what nobody sends.
    """

    LATENCY = CHECK_LATENCY
    module_name = "ditto_vector_check"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "layer": In(vector_layout()),
                "code": Out(unsigned(CODE_BITS)),
                "address": Out(unsigned(ADDRESS_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        words, lanes = config.vector_words, config.vector_lanes
        bus_bits = (config.bus_bytes - 1).bit_length()
        has_b = layer.b_words != 0
        needs_b = (layer.op == Op.SUM) | (layer.op == Op.PRODUCT)
        needs_parameters = (layer.op == Op.GROUPS) | (layer.op == Op.PIXELS) | layer.per_channel
        zero = [
            *(getattr(layer, name) == 0 for name in COUNTERS),
            (has_b | needs_b) & ((layer.b_words == 0) | (layer.b_tail_words == 0)),
            needs_parameters & (layer.p_words == 0),
            # Its end is told when its parameters have come.
            layer.fused & (layer.p_words == 0),
        ]
        large = [
            *(
                self._product_exceeds(m, layer[f"{name}count"], layer[f"{name}words"], words)
                for name in ("a_", "a_tail_", "o_", "o_tail_")
            ),
            (layer.b_words > words) | (layer.b_tail_words > words),
            layer.p_words > config.vector_channels * PARAMETER_BYTES // config.bus_bytes,
            needs_parameters & (layer.rows > config.vector_channels // lanes),
            layer.a_size > Size.BITS_32,
            layer.o_size > Size.BITS_32,
            layer.b_size > Size.BITS_16,
            (layer.op == Op.GROUPS) & (layer.groups != 1),
            # Each has a reciprocal unit.
            ((layer.op == Op.PIXELS) | (layer.op == Op.SOFTMAX))
            & ((layer.pixels > lanes) | (layer.tail_pixels > lanes)),
        ]
        rules: list[Rule] = [
            (
                "unknown_mode",
                (layer.op > max(Op))
                | (layer.fused & (layer.op != Op.SUM) & ((layer.op != Op.SCALE) | has_b)),
                None,
            ),
            ("zero_size", Cat(zero).any(), None),
            ("too_large", Cat(large).any(), None),
        ]
        for name in ADDRESSES:
            address = getattr(layer, name)
            rules.append(("misaligned", address[:bus_bits].any(), address))
        steps = Cat(getattr(layer, name)[:bus_bits] for name in STEPS)
        rules.append(("misaligned", steps.any(), None))
        first_broken(m, rules, self.code, self.address)
        return m

    @staticmethod
    def _product_exceeds(m: Module, a: Value, b: Value, most: int) -> Value:
        """Whether a * b is more, unless one of them is 0: which breaks a rule that comes first."""
        bits = most.bit_length()
        product = Signal(2 * bits, reset_less=True, name="product")
        factors = Cat(a[:bits], 0), Cat(b[:bits], 0)
        m.d.sync += product.eq(multiplied(m, products(m, *factors, len(product)), len(product)))
        return (a > most) | (b > most) | (product > most)
