import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.difference.bit_widths import BitWidths
from golden.formats.encoding import Encoding
from tests.helpers import naive

DIFFERENCES = st.lists(st.integers(-255, 255), max_size=60)


def naive_bit_widths(values: list[int], encoding: Encoding) -> BitWidths:
    pairs = [naive.digits(value, encoding) for value in values]
    return BitWidths(
        zero=sum(pair == (0, 0) for pair in pairs),
        narrow=sum(low != 0 and high == 0 for low, high in pairs),
        wide=sum(high != 0 for _, high in pairs),
        slots=sum(naive.slot_count(value, encoding) for value in values),
    )


@pytest.mark.parametrize("encoding", Encoding)
def test_every_difference_equals_naive(encoding):
    for value in range(-255, 256):
        found = BitWidths.of(np.array([value], np.int16), encoding)
        assert found == naive_bit_widths([value], encoding), value


@pytest.mark.parametrize("encoding", Encoding)
@settings(deadline=None, max_examples=50)
@given(values=DIFFERENCES)
def test_counts_equal_naive(encoding, values):
    found = BitWidths.of(np.array(values, np.int16), encoding)
    assert found == naive_bit_widths(values, encoding)
    assert found.elements == len(values)


@pytest.mark.parametrize("encoding", Encoding)
@settings(deadline=None, max_examples=30)
@given(one=DIFFERENCES, other=DIFFERENCES)
def test_counts_of_parts_add_up(encoding, one, other):
    parts = [BitWidths.of(np.array(values, np.int16), encoding) for values in (one, other)]
    whole = BitWidths.of(np.array(one + other, np.int16), encoding)
    assert parts[0] + parts[1] == whole


def test_wide_elements_without_a_low_digit_take_one_slot():
    difference = np.array([[16, -32], [240, 0]], np.int16)
    for encoding in Encoding:
        assert BitWidths.of(difference, encoding) == BitWidths(zero=1, narrow=0, wide=3, slots=3)
