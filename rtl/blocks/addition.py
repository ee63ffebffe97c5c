"""Addition of wide numbers, and of many of them without carrying: products."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Signal, Value


def carry_save(m: Module, rows: Sequence[Value], bits: int) -> tuple[Signal, Signal]:
    """Two numbers whose sum is that of all ``rows`` modulo ``2 ** bits``: a Wallace tree.

    Rows that are narrower are extended as their shape says.
    """
    words = []
    for row in rows:
        word = Signal(bits)
        m.d.comb += word.eq(row)
        words.append(word)
    while len(words) > 2:
        following = []
        whole = len(words) - len(words) % 3
        for a, b, c in zip(words[:whole:3], words[1:whole:3], words[2:whole:3], strict=True):
            half, total, carry = Signal(bits), Signal(bits), Signal(bits)
            m.d.comb += [
                half.eq(a ^ b),
                total.eq(half ^ c),
                carry.eq(((a & b) | (half & c)) << 1),
            ]
            following += [total, carry]
        words = following + words[whole:]
    if len(words) == 1:
        words.append(Signal(bits))
    return words[0], words[1]


def booth_digit(m: Module, bits: Value) -> tuple[Signal, Signal, Signal]:
    """A digit of -2 to 2 from three bits of a number: whether it is negative, one, two."""
    negative, one, two = Signal(), Signal(), Signal()
    low, middle, high = bits
    m.d.comb += [
        negative.eq(high & ~(middle & low)),
        one.eq(middle ^ low),
        two.eq((high & ~middle & ~low) | (~high & middle & low)),
    ]
    return negative, one, two


def booth_multiple(m: Module, digit: tuple[Signal, Signal, Signal], a: Value) -> Signal:
    """``digit * a``, less one where it is negative: a bit more than the signed ``a`` has."""
    negative, one, two = digit
    bits = len(a) + 1
    once, multiple = Signal(bits), Signal(bits)
    m.d.comb += [
        once.eq(a),
        multiple.eq(
            negative.replicate(bits)
            ^ ((one.replicate(bits) & once) | (two.replicate(bits) & Cat(Const(0, 1), a)))
        ),
    ]
    return multiple


def products(m: Module, a: Value, b: Value, bits: int) -> list[Value]:
    """Rows whose sum is ``a * b``, both signed, modulo ``2 ** bits``: Booth's, of radix 4.

    One per two bits of ``b``, and one more.
    """
    digits, width = (len(b) + 1) // 2, len(a)
    wide = Signal(2 * digits + 1)
    m.d.comb += wide.eq(Cat(Const(0, 1), b, b[-1]))
    rows: list[Value] = []
    before: Value = Const(0, 0)
    for n in range(digits):
        digit = booth_digit(m, wide[2 * n : 2 * n + 3])
        multiple = booth_multiple(m, digit, a)
        sign = multiple[-1]
        # Sign extensions, added up: a row's own sign turned round and a one above it.
        top = Cat(sign, sign, ~sign) if n == 0 else Cat(~sign, Const(1, 1))
        rows.append(Cat(before, multiple[:width], top))
        # What is missing of a negative multiple stands in the next row.
        before = Cat(Const(0, 2 * n), digit[0], Const(0, 1))
    beyond = max(0, bits - width - 2 * digits)
    rows.append(Cat(before, Const(0, width), Const((1 << beyond) - 1, beyond)))
    return rows


def multiplied(m: Module, rows: Sequence[Value], bits: int) -> Value:
    """The sum of the ``rows`` of a cycle before: of :func:`products`, and of what is added to them.

    The register between holds two numbers that are still to be added.
    """
    low, high = (Signal(bits, reset_less=True) for _ in range(2))
    m.d.sync += Cat(low, high).eq(Cat(*carry_save(m, rows, bits)))
    return (low + high)[:bits]
