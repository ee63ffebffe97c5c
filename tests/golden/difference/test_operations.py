import numpy as np
import pytest

from golden.difference.bit_widths import BitWidths
from golden.difference.operations import bit_operations, dense_bit_operations
from golden.formats.encoding import Encoding


def naive_bit_operations(values: list[int], columns: int) -> int:
    total = 0
    for value in values:
        for _ in range(columns):
            total += 0 if value == 0 else 4 * 8 if abs(value) <= 15 else 8 * 8
    return total


@pytest.mark.parametrize("columns", [1, 3])
def test_equals_naive(columns):
    values = np.random.default_rng(0).integers(-40, 41, 200)
    widths = BitWidths.of(values.astype(np.int16), Encoding.SIGN_MAGNITUDE)
    assert bit_operations(widths, columns) == naive_bit_operations(values.tolist(), columns)


def test_dense_takes_8_bits_for_every_element():
    assert dense_bit_operations(10, 3) == bit_operations(BitWidths(wide=10), 3) == 1920
