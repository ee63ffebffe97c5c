"""Reciprocals, a bit per cycle: of a softmax's sum, and of the root of a variance."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.timing import RECIPROCAL_LATENCY
from rtl.blocks.addition import booth_digit, booth_multiple, carry_save
from rtl.blocks.module import RtlModule
from rtl.vector.layouts import PLACES_BITS, ROOT_BITS, SQUARE_BITS, SUM_BITS

QUOTIENT_BITS = 33
FRACTION_PLACES = 17
"""``31 - 14``: golden/integer/normalization.py, step 3"""
COUNT_DIGITS = 13
HIGH_BITS = 59
VARIANCE_BITS = 63
CONSTANT = ((1 << SQUARE_BITS + 1) + (1 << SUM_BITS)) * (4 ** (SUM_BITS // 2) - 1) // 3 >> SUM_BITS
"""What turned signs add to N Q - S S, above its lowest bits"""


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
        left = Signal(range(QUOTIENT_BITS), reset_less=True)
        division = Signal(6, reset_less=True)
        epsilon = Signal(62, reset_less=True)
        # N Q - S S, two bits of both multipliers per cycle, the lowest first: what is above them
        # stays two numbers that are still to be added, ``carry`` a carry between the two parts.
        squares = Signal(SQUARE_BITS, reset_less=True)
        total = Signal(signed(SUM_BITS), reset_less=True)
        count = Signal(2 * COUNT_DIGITS + 1, reset_less=True)
        # The multiplier's bits leave it below, those of the product come in above.
        low = Signal(SUM_BITS, reset_less=True)
        behind = Signal(reset_less=True)
        one, other = Signal(HIGH_BITS, reset_less=True), Signal(HIGH_BITS, reset_less=True)
        carry = Signal(reset_less=True)
        high = Signal(SUM_BITS, reset_less=True)
        shifted = Signal(VARIANCE_BITS, reset_less=True)
        variance = Signal(VARIANCE_BITS, reset_less=True)
        half_place = Signal(5, reset_less=True)
        divisor = Signal(32, reset_less=True)
        remainder = Signal(33, reset_less=True)
        quotient = Signal(2 * ROOT_BITS, reset_less=True)
        m.d.comb += self.quotient.eq(quotient)

        # Rows are not negative: signs turned round add constants, which are taken off at the end.
        more = booth_digit(m, count[:3])
        less = booth_digit(m, Cat(behind, low[:2]))
        less = (~less[0], less[1], less[2])
        positive = booth_multiple(m, more, Cat(squares, Const(0, 1)))
        negative = booth_multiple(m, less, total)
        rows = (Cat(row[:-1], ~row[-1]) for row in (positive, negative))
        first = carry_save(m, [one, other, next(rows)], HIGH_BITS)
        second = carry_save(m, [first[0], first[1] | more[0], next(rows)], HIGH_BITS)
        lowest = Signal(3)
        m.d.comb += lowest.eq(second[0][:2] + Cat(less[0], second[1][1]) + carry)
        constant = Const(-CONSTANT % (1 << SUM_BITS), SUM_BITS)
        above = sum(carry_save(m, [one, other, constant], SUM_BITS), carry)
        with_epsilon = shifted + epsilon

        # The quotient a bit per cycle, its root (two bits of it) as well: what is left, less what
        # the next bit would take, if it does not become negative.
        doubled, difference, fits = Cat(Const(0, 1), remainder), Signal(35), Signal()
        pair_below, root_difference = Signal(ROOT_BITS + 3), Signal(ROOT_BITS + 4)
        fits_root = Signal()
        m.d.comb += [
            difference.eq(doubled - divisor),
            fits.eq(~difference[-1]),
            pair_below.eq(Cat(quotient[-2:], remainder)),
            root_difference.eq(pair_below - Cat(Const(1, 2), self.root)),
            fits_root.eq(~root_difference[-1]),
        ]

        with m.FSM():
            with m.State("idle"), m.If(self.start):
                m.d.sync += [
                    group.eq(self.of_group),
                    squares.eq(self.squares),
                    total.eq(self.total),
                    low.eq(self.total),
                    behind.eq(0),
                    count.eq(Cat(Const(0, 1), self.count)),
                    division.eq(self.division),
                    epsilon.eq(self.epsilon),
                    one.eq(0),
                    other.eq(0),
                    carry.eq(0),
                    quotient.eq(0),
                    divisor.eq(self.divisor),
                ]
                with m.If(self.of_group):
                    m.d.sync += left.eq(SUM_BITS // 2 - 1)
                    m.next = "multiply"
                with m.Else():
                    m.d.sync += [left.eq(QUOTIENT_BITS - 1), remainder.eq(1 << 13)]
                    m.next = "divide"
            with m.State("multiply"):
                m.d.sync += [
                    one.eq(second[0] >> 2),
                    other.eq(second[1] >> 2),
                    carry.eq(lowest[2]),
                    count.eq(count >> 2),
                    behind.eq(low[1]),
                    low.eq(Cat(low[2:], lowest[:2])),
                    left.eq(left - 1),
                ]
                with m.If(left == 0):
                    m.next = "add"
            with m.State("add"):
                m.d.sync += high.eq(above)
                m.next = "shift"
            with m.State("shift"):
                m.d.sync += shifted.eq(Cat(low, high) >> Cat(Const(0, 1), division[:5]))
                m.next = "variance"
            with m.State("variance"):
                m.d.sync += variance.eq(with_epsilon)
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
                m.d.sync += [
                    remainder.eq(Mux(fits, difference, doubled)),
                    quotient.eq(Cat(fits, quotient)),
                    left.eq(left - 1),
                ]
                with m.If(left == 0):
                    m.d.sync += [left.eq(ROOT_BITS - 1), self.root.eq(0)]
                    m.next = "finish"
                    with m.If(group):
                        m.d.sync += remainder.eq(0)
                        m.next = "root"
            with m.State("root"):
                m.d.sync += [
                    remainder.eq(Mux(fits_root, root_difference, pair_below)),
                    self.root.eq(Cat(fits_root, self.root)),
                    quotient.eq(quotient << 2),
                    left.eq(left - 1),
                ]
                with m.If(left == 0):
                    m.next = "finish"
            with m.State("finish"):
                m.d.comb += self.done.eq(1)
                m.next = "idle"
        return m
