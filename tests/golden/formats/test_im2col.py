import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.formats.im2col import im2col, output_size
from tests.helpers import naive

GEOMETRIES = [
    (kernel, stride, padding) for kernel in (1, 2, 3) for stride in (1, 2) for padding in (0, 1)
]


@pytest.mark.parametrize(("kernel", "stride", "padding"), GEOMETRIES)
@pytest.mark.parametrize("size", [(5, 7), (6, 4), (3, 3)])
def test_rows_equal_naive(kernel, stride, padding, size):
    rng = np.random.default_rng(0)
    image = rng.integers(-128, 128, (2, *size, 3), dtype=np.int8)
    rows = im2col(image, kernel, stride, padding, padding_value=-9)

    assert rows.dtype == np.int8
    height, width = (output_size(n, kernel, stride, padding) for n in size)
    assert rows.shape == (2, height, width, kernel * kernel * 3)
    pixels = list(naive.windows(image, kernel, stride, padding, -9))
    assert len(pixels) == 2 * height * width
    for n, y, x, taps in pixels:
        assert rows[n, y, x].tolist() == [value for tap in taps for value in tap]


def test_neighbouring_k_are_neighbouring_channels():
    image = np.arange(4 * 4 * 2, dtype=np.int8).reshape(1, 4, 4, 2)
    row = im2col(image, 2, 1, 0, 0)[0, 1, 2]
    assert row.tolist() == [12, 13, 14, 15, 20, 21, 22, 23]


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_output_size_counts_the_places_of_the_kernel(size, kernel, stride, padding):
    padded = size + 2 * padding
    places = [start for start in range(0, padded, stride) if start + kernel <= padded]
    if places:
        assert output_size(size, kernel, stride, padding) == len(places)


def test_kernel_larger_than_the_padded_image_is_refused():
    with pytest.raises(ValueError, match="window shape"):
        im2col(np.zeros((1, 2, 5, 1), np.int8), 5, 1, 1, 0)


def test_trailing_padding_is_below_and_to_the_right():
    image = np.random.default_rng(0).integers(-128, 128, (2, 6, 4, 3), dtype=np.int8)
    padded = np.pad(image, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=7)
    rows = im2col(image, 3, 2, 0, padding_value=7, trailing=1)
    np.testing.assert_array_equal(rows, im2col(padded, 3, 2, 0, padding_value=7))
    assert rows.shape[1:3] == (3, 2)
