import numpy as np
import pytest

from golden.formats.rearrange import concatenate, merge_heads, split_heads, unpatchify, upsample

DTYPES = [np.int8, np.int16, np.float32]


def numbered(*shape: int, dtype: type = np.int16) -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_upsample(dtype):
    x = numbered(2, 2, 3, 2, dtype=dtype)
    found = upsample(x)
    assert found.dtype == dtype
    assert found.shape == (2, 4, 6, 2)
    for y in range(4):
        for column in range(6):
            np.testing.assert_array_equal(found[:, y, column], x[:, y // 2, column // 2])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("patch", "channels"), [(1, 3), (2, 1), (2, 3), (3, 2)])
def test_unpatchify(dtype, patch, channels):
    x = numbered(2, 2, 3, patch * patch * channels, dtype=dtype)
    found = unpatchify(x, patch)
    assert found.dtype == dtype
    assert found.shape == (2, 2 * patch, 3 * patch, channels)
    for y, column in np.ndindex(2 * patch, 3 * patch):
        first = (y % patch * patch + column % patch) * channels
        pixel = x[:, y // patch, column // patch, first : first + channels]
        np.testing.assert_array_equal(found[:, y, column], pixel)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_heads(heads):
    x = numbered(2, 3, 2, 8)
    found = split_heads(x, heads)
    assert found.shape == (2, heads, 6, 8 // heads)
    for head, token, channel in np.ndindex(heads, 6, 8 // heads):
        expected = x[:, token // 2, token % 2, head * (8 // heads) + channel]
        np.testing.assert_array_equal(found[:, head, token, channel], expected)
    np.testing.assert_array_equal(merge_heads(found, 3, 2), x)


def test_concatenate():
    a, b = numbered(2, 2, 3, 4), -numbered(2, 2, 3, 1)
    found = concatenate(a, b)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found[..., :4], a)
    np.testing.assert_array_equal(found[..., 4:], b)


def test_concatenate_one_image_with_all_others():
    a, b = numbered(1, 2, 3, 4), numbered(3, 2, 3, 1)
    for found in (concatenate(a, b)[..., :4], concatenate(b, a)[..., 1:]):
        np.testing.assert_array_equal(found, np.repeat(a, 3, axis=0))
