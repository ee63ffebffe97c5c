"""Differences as 4-bit digits: what the Encoding Unit makes of int8 minus int8.

A difference of two int8 values has 9 bits, -255 to 255. It is written as ``low + 16 * high``, and
every digit that is not zero is a *slot*: one 4-bit x 8-bit multiplication. Ditto (HPCA 2025,
Encoding Unit) classifies the same differences as zero, 4-bit and 8-bit.

========================  ==================  =========================================
encoding                  low                 high
========================  ==================  =========================================
``sign-magnitude``        -15 to 15           -15 to 15, both with the difference's sign
``twos-complement``       -8 to 7             -16 to 16
========================  ==================  =========================================
"""

import numpy as np

from golden.formats.elements import MAX_DIFFERENCE, Encoding


def differences(x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """``x - reference`` of two int8 arrays, int16 of the same shape."""
    return np.subtract(x, reference, dtype=np.int16)


def digits(difference: np.ndarray, encoding: Encoding) -> tuple[np.ndarray, np.ndarray]:
    """Low and high digit, int16 of the same shape, with ``low + 16 * high == difference``.

    Raises ValueError for a difference beyond 9 bits.
    """
    if difference.size and np.abs(difference).max() > MAX_DIFFERENCE:
        raise ValueError(f"a difference of int8 values lies within +-{MAX_DIFFERENCE}")
    if encoding is Encoding.SIGN_MAGNITUDE:
        sign, magnitude = np.sign(difference), np.abs(difference)
        return sign * (magnitude & 15), sign * (magnitude >> 4)
    low = ((difference + 8) & 15) - 8
    return low, (difference - low) >> 4


def slot_counts(difference: np.ndarray, encoding: Encoding) -> np.ndarray:
    """Slots (non-zero digits) of each difference: 0, 1 or 2, uint8 of the same shape."""
    low, high = digits(difference, encoding)
    return (low != 0).astype(np.uint8) + (high != 0).astype(np.uint8)
