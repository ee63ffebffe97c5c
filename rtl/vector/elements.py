"""How rows of elements lie in bus words: as many elements as there are lanes, 8, 16 or 32 bits."""

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, ValueLike, unsigned
from amaranth.lib import data

from golden.vector.descriptor import Size

ROW_BITS = 18
"""Of a row of elements in a block: four to a bus word"""


def place_of(m: Module, row: Signal, size: ValueLike) -> Any:
    """Bus word of a row of elements, and its place in it, in elements of that size."""
    found = Signal(data.StructLayout({"word": unsigned(ROW_BITS), "part": unsigned(2)}))
    with m.Switch(size):
        with m.Case(Size.BITS_8):
            m.d.comb += [found.word.eq(row >> 2), found.part.eq(row[:2])]
        with m.Case(Size.BITS_16):
            m.d.comb += [found.word.eq(row >> 1), found.part.eq(row[:1])]
        with m.Default():
            m.d.comb += found.word.eq(row)
    return found


def lane_element(
    m: Module,
    word: Signal,
    lane: int,
    size: ValueLike,
    part: Signal,
    unsigned_16: Value | None = None,
) -> Signal:
    """A lane's element of a bus word, 32 bits and a sign extension."""
    lanes = len(word) // 32
    found = Signal(32)
    eighth, half = Signal(8), Signal(16)
    m.d.comb += [
        eighth.eq(word.word_select(part * lanes + lane, 8)),
        half.eq(word.word_select(part[:1] * lanes + lane, 16)),
    ]
    with m.Switch(size):
        with m.Case(Size.BITS_8):
            m.d.comb += found.eq(eighth.as_signed())
        with m.Case(Size.BITS_16):
            signed_half = half.as_signed()
            m.d.comb += found.eq(
                signed_half if unsigned_16 is None else Mux(unsigned_16, half, signed_half)
            )
        with m.Default():
            m.d.comb += found.eq(word[32 * lane : 32 * lane + 32])
    return found


def packed_row(
    m: Module, elements: Sequence[Value], size: Signal, part: Signal
) -> tuple[Signal, Signal]:
    """A row of elements of 32 bits as a buffer stores it, and which quarters of an entry it fills.

    ``size`` is :class:`golden.vector.descriptor.Size`, ``part`` as in :func:`place_of`.
    """
    packed, quarters = Signal(32 * len(elements)), Signal(4)
    with m.Switch(size):
        for one in Size:
            with m.Case(one):
                whole = (1 << (1 << one)) - 1
                m.d.comb += [
                    packed.eq(Cat(each[: 8 << one] for each in elements).replicate(4 >> one)),
                    quarters.eq(whole << (part << one)),
                ]
    return packed, quarters
