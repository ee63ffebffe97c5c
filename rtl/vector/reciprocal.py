"""Reciprocals, a bit per cycle: of a softmax's sum, and of the root of a variance."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.timing import RECIPROCAL_LATENCY
from rtl.blocks.module import RtlModule
from rtl.vector.layouts import PLACES_BITS, ROOT_BITS, SQUARE_BITS, SUM_BITS

QUOTIENT_BITS = 33
FRACTION_PLACES = 17
"""``31 - 14``: golden/integer/normalization.py, step 3"""
PRODUCT_BITS = 80


class Reciprocal(RtlModule):
    """``2^46 / divisor``, or root and shift of a group (docs/arithmetic.md, steps 3 to 5).

    Ports: ``start`` takes ``divisor`` or, with ``of_group``, ``total`` S, ``squares`` Q, ``count``
    N, ``epsilon`` E and ``division`` d, which may change afterwards. ``done`` is high
    ``RECIPROCAL_LATENCY`` or ``RECIPROCAL_ROOT_LATENCY`` cycles later, and from then on
    ``quotient`` (32 bits) or ``root`` and ``places``, ``17 + e + d``, are valid until the next
    start. One at a time.
    """

    LATENCY = RECIPROCAL_LATENCY
    module_name = "ditto_vector_reciprocal"

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "of_group": In(1),
                "divisor": In(unsigned(32)),
                "total": In(SUM_BITS),
                "squares": In(unsigned(SQUARE_BITS)),
                "count": In(unsigned(25)),
                "epsilon": In(unsigned(62)),
                "division": In(unsigned(6)),
                "done": Out(1),
                "quotient": Out(unsigned(32)),
                "root": Out(unsigned(ROOT_BITS)),
                "places": Out(unsigned(PLACES_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        group = Signal(reset_less=True)
        left = Signal(range(64), reset_less=True)
        multiplicand = Signal(PRODUCT_BITS, reset_less=True)
        square = Signal(PRODUCT_BITS, reset_less=True)
        count, magnitude = Signal(25, reset_less=True), Signal(SUM_BITS, reset_less=True)
        difference = Signal(PRODUCT_BITS, reset_less=True)
        variance = Signal(63, reset_less=True)
        half_place = Signal(5, reset_less=True)
        divisor = Signal(32, reset_less=True)
        remainder = Signal(33, reset_less=True)
        quotient = Signal(QUOTIENT_BITS, reset_less=True)
        division = Signal(6, reset_less=True)
        epsilon = Signal(62, reset_less=True)
        negative = self.total[-1]
        m.d.comb += self.quotient.eq(quotient)

        with m.FSM():
            with m.State("idle"), m.If(self.start):
                size = Mux(negative, -self.total.as_signed(), self.total.as_signed())[:SUM_BITS]
                m.d.sync += [
                    group.eq(self.of_group),
                    multiplicand.eq(self.squares),
                    square.eq(size),
                    magnitude.eq(size),
                    count.eq(self.count),
                    division.eq(self.division),
                    epsilon.eq(self.epsilon),
                    difference.eq(0),
                    quotient.eq(0),
                    divisor.eq(self.divisor),
                ]
                with m.If(self.of_group):
                    m.d.sync += left.eq(SUM_BITS - 1)
                    m.next = "multiply"
                with m.Else():
                    m.d.sync += [left.eq(QUOTIENT_BITS - 1), remainder.eq(1 << 13)]
                    m.next = "divide"
            with m.State("multiply"):
                plus = Mux(count[0], multiplicand, 0)
                minus = Mux(magnitude[0], square, 0)
                m.d.sync += [
                    difference.eq(difference + plus - minus),
                    multiplicand.eq(multiplicand << 1),
                    square.eq(square << 1),
                    count.eq(count >> 1),
                    magnitude.eq(magnitude >> 1),
                    left.eq(left - 1),
                ]
                with m.If(left == 0):
                    m.next = "variance"
            with m.State("variance"):
                shifted = difference >> Cat(Const(0, 1), division[:5])
                m.d.sync += variance.eq(shifted + epsilon)
                m.next = "places"
            with m.State("places"):
                # The pair of bits that holds the highest one.
                for pair in range(32):
                    with m.If(variance[2 * pair : 2 * pair + 2].any()):
                        m.d.sync += half_place.eq(pair)
                m.next = "normalize"
            with m.State("normalize"):
                scaled = Array(
                    (Cat(Const(0, 30), variance) >> (2 * pair))[:32] for pair in range(32)
                )
                m.d.sync += [
                    divisor.eq(scaled[half_place]),
                    self.places.eq(FRACTION_PLACES - 15 + half_place + division),
                    left.eq(QUOTIENT_BITS - 1),
                    remainder.eq(1 << 29),
                ]
                m.next = "divide"
            with m.State("divide"):
                doubled = Cat(Const(0, 1), remainder)
                fits = doubled >= divisor
                m.d.sync += [
                    remainder.eq(Mux(fits, doubled - divisor, doubled)),
                    quotient.eq(Cat(fits, quotient)),
                    left.eq(left - 1),
                ]
                with m.If(left == 0):
                    m.d.sync += [left.eq(ROOT_BITS - 1), self.root.eq(0)]
                    m.next = "finish"
                    with m.If(group):
                        m.next = "root"
            with m.State("root"):
                candidate = Signal(ROOT_BITS)
                m.d.comb += candidate.eq(self.root | (1 << left[:5]))
                with m.If(candidate * candidate <= quotient):
                    m.d.sync += self.root.eq(candidate)
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.next = "finish"
            with m.State("finish"):
                m.d.comb += self.done.eq(1)
                m.next = "idle"
        return m
