"""Bit operations (BOPs): multiplications weighted with the widths of their operands.

An element that is zero costs nothing, one that fits 4 bits costs 4 x 8 bit operations, any other
8 x 8, each for every weight that it is multiplied with. Source: Ditto (HPCA 2025), which compares
execution flows of A8W8 models in BOPs.
"""

from golden.difference.bit_widths import BitWidths
from golden.machine.config import WEIGHT_BITS

NARROW_BITS, WIDE_BITS = 4, 8


def bit_operations(widths: BitWidths, columns: int) -> int:
    """BOPs of elements that are multiplied with ``columns`` weights each, zeros skipped."""
    bits = NARROW_BITS * widths.narrow + WIDE_BITS * widths.wide
    return bits * WEIGHT_BITS * columns


def dense_bit_operations(elements: int, columns: int) -> int:
    """BOPs if every element has 8 bits, zeros included."""
    return elements * WIDE_BITS * WEIGHT_BITS * columns
