import numpy as np
import pytest

from golden.formats.encoding import Encoding, differences, digits, slot_counts
from tests.helpers import naive

ALL = np.arange(-255, 256, dtype=np.int16)
RANGES = {
    Encoding.SIGN_MAGNITUDE: ((-15, 15), (-15, 15)),
    Encoding.TWOS_COMPLEMENT: ((-8, 7), (-16, 16)),
}


@pytest.mark.parametrize("encoding", Encoding)
def test_digits_of_every_difference(encoding):
    low, high = digits(ALL, encoding)

    assert low.dtype == high.dtype == np.int16
    np.testing.assert_array_equal(low + 16 * high, ALL)
    assert ((low.min(), low.max()), (high.min(), high.max())) == RANGES[encoding]
    expected = [naive.digits(d, encoding) for d in ALL.tolist()]
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == expected


@pytest.mark.parametrize("encoding", Encoding)
def test_digits_fit_the_multiplier(encoding):
    largest = max(abs(bound) for digit in RANGES[encoding] for bound in digit)
    needed = largest.bit_length() + 1
    assert encoding.digit_bits == needed


def test_sign_magnitude_digits_share_their_sign():
    low, high = digits(ALL, Encoding.SIGN_MAGNITUDE)
    assert (low * high >= 0).all()


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("difference", [-256, 256, 1000])
def test_differences_beyond_nine_bits_are_refused(encoding, difference):
    with pytest.raises(ValueError, match="within \\+-255"):
        digits(np.array([0, difference], np.int16), encoding)


@pytest.mark.parametrize("encoding", Encoding)
def test_slot_counts_of_every_difference(encoding):
    counts = slot_counts(ALL, encoding)

    assert counts.dtype == np.uint8
    assert counts.tolist() == [naive.slot_count(d, encoding) for d in ALL.tolist()]


@pytest.mark.parametrize("encoding", Encoding)
def test_shapes_are_kept(encoding):
    difference = ALL[:510].reshape(2, 5, 51)
    low, high = digits(difference, encoding)
    assert low.shape == high.shape == slot_counts(difference, encoding).shape == (2, 5, 51)
    assert slot_counts(np.zeros((0, 3), np.int16), encoding).shape == (0, 3)


def test_differences_of_all_pairs():
    values = np.arange(-128, 128, dtype=np.int8)
    found = differences(values[:, None], values[None, :])

    assert found.dtype == np.int16
    assert found.tolist() == [[a - b for b in range(-128, 128)] for a in range(-128, 128)]
