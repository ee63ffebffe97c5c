"""Bit-width breakdown of differences, as the paper reports it, and slots per element."""

from dataclasses import dataclass

import numpy as np

from golden.formats.encoding import Encoding, slot_counts


@dataclass(frozen=True)
class BitWidths:
    """How many elements are zero, fit one 4-bit digit (the low one), or need more.

    Source of the classes: Ditto (HPCA 2025), bit-width breakdown of A8W8 models. ``slots`` counts
    the 4-bit x 8-bit multiplications; a wide element whose low digit is zero takes only one.
    """

    zero: int = 0
    narrow: int = 0
    wide: int = 0
    slots: int = 0

    @classmethod
    def of(cls, difference: np.ndarray, encoding: Encoding) -> "BitWidths":
        """Counts over an integer array of differences (9 bits)."""
        if encoding is Encoding.SIGN_MAGNITUDE:
            fits = np.abs(difference) <= 15
        else:
            fits = (difference >= -8) & (difference <= 7)
        zero = int(np.count_nonzero(difference == 0))
        narrow = int(np.count_nonzero(fits)) - zero
        slots = int(slot_counts(difference, encoding).sum(dtype=np.int64))
        return cls(zero, narrow, difference.size - zero - narrow, slots)

    @property
    def elements(self) -> int:
        """All elements counted."""
        return self.zero + self.narrow + self.wide

    def __add__(self, other: "BitWidths") -> "BitWidths":
        return BitWidths(
            self.zero + other.zero,
            self.narrow + other.narrow,
            self.wide + other.wide,
            self.slots + other.slots,
        )
