"""Rounding, zero point and saturation of results to the bits that they are stored with."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, ValueLike, signed

BOUND_BITS = 17
"""Of the largest and the smallest result of 16 bits, less a zero point of as many"""


def highest(wide: ValueLike) -> Value:
    """The largest number of 16 bits if ``wide``, else of 8."""
    return Mux(wide, 0x7FFF, 0x7F)


def lowest(wide: ValueLike) -> Value:
    """The smallest."""
    return Mux(wide, -0x8000, -0x80)


def clamped(
    m: Module, doubled: Signal, below: Value, high: Value, inside: Value, ends: tuple[Value, Value]
) -> Signal:
    """``inside``, or one of the ``ends`` where a number is at most ``below`` or above ``high``.

    The number is half of ``doubled``, rounded, halves up; bounds have ``BOUND_BITS``. It is never
    added to anything: comparing takes as long as adding 17 bits to it, and goes on beside that.
    """
    short = Signal(signed(BOUND_BITS + 1))
    fits, over, under = Signal(), Signal(), Signal()
    sign, rest = doubled[-1], doubled[BOUND_BITS:-1]
    m.d.comb += [
        short.eq(doubled),
        fits.eq(Mux(sign, rest.all(), ~rest.any())),
        over.eq(Mux(fits, short > Cat(Const(0, 1), high).as_signed(), ~sign)),
        under.eq(Mux(fits, short <= Cat(Const(0, 1), below).as_signed(), sign)),
    ]
    result = Signal.like(inside)
    m.d.comb += result.eq(Mux(over, ends[1], Mux(under, ends[0], inside)))
    return result
