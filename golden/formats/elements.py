"""What an element is: an int8 value, and the 4-bit digits of differences of two of them.

Numbers and names alone, without arrays (:mod:`golden.formats.encoding` computes).
"""

from enum import StrEnum

INT8_MIN, INT8_MAX = -128, 127
MAX_DIFFERENCE = INT8_MAX - INT8_MIN
"""Largest magnitude of the difference of two int8 values."""
DIFFERENCE_BITS = 9
"""Signed width of such a difference."""


class Encoding(StrEnum):
    """How a difference is split into a low and a high digit."""

    SIGN_MAGNITUDE = "sign-magnitude"
    TWOS_COMPLEMENT = "twos-complement"

    @property
    def digit_bits(self) -> int:
        """Width of a signed digit, in bits: the multiplier's data operand."""
        return 5 if self is Encoding.SIGN_MAGNITUDE else 6
