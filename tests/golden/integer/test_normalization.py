from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.floating import operators
from golden.formats.quantization import TensorFormat
from golden.integer.normalization import (
    MAX_GROUP,
    Normalization,
    division,
    reciprocal_root,
    scaled_variance,
)
from tests.helpers import naive
from tests.helpers.strategies import formats, tensors

CALIBRATED = {8: 0.53, 16: 3.01}
"""LSB of an output that its format covers, of |y| <= 2 ** 8 or 2 ** 15 integers: 1/2 for a
rounding and 2 ** -9 for the bias; y * 2 ** -15 for the root, as much for z, half for the weight."""

WIDE = TensorFormat(bits=16, scale=1e-3)


def naive_normalization(norm: Normalization, x: np.ndarray) -> np.ndarray:
    result = np.empty(x.shape, np.int64)
    batch, height, width, channels = x.shape
    pixels = [(slice(None), slice(None))] if norm.over_pixels else list(np.ndindex(height, width))
    largest = max(map(abs, norm.weight.tolist()))
    size = channels // norm.groups
    for image in range(batch):
        for group in range(norm.groups):
            own = slice(group * size, (group + 1) * size)
            for pixel in pixels:
                values = x[image, *pixel, own]
                found = naive.normalize(
                    values.ravel().tolist(),
                    np.broadcast_to(norm.weight[own], values.shape).ravel().tolist(),
                    np.broadcast_to(norm.bias[own], values.shape).ravel().tolist(),
                    largest,
                    norm.epsilon,
                    norm.source,
                    norm.target,
                )
                result[image, *pixel, own] = np.array(found).reshape(values.shape)
    return result


def exact_and_bound(norm: Normalization, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The output's integers in float64, unsaturated, and the error that the text allows for.

    Epsilon is the one that the integers stand for: its own error is tested apart.
    """
    count = x[0].size // norm.groups if norm.over_pixels else x.shape[-1] // norm.groups
    e_integer, d = norm.epsilon_integer(count)
    epsilon = e_integer * 4.0**d * (norm.source.scale / count) ** 2
    real = norm.source.dequantize(x)
    if norm.over_pixels:
        normed = operators.group_norm(real, norm.groups, epsilon)
    else:
        normed = operators.layer_norm(real, epsilon)
    gain = norm.weight.astype(np.float64) / norm.target.scale
    y = normed * gain + norm.bias.astype(np.float64) / norm.target.scale
    _, _, shift = norm.affine
    root = np.abs(normed * gain) * (2**-15 + 2**-30)
    z = np.abs(gain) * 2**-15
    weight = (np.abs(normed) * 2**14 + 1) * 2.0 ** -(shift + 1)
    float64 = 2**-20 + np.abs(normed * gain) * 2**-35
    return y + norm.target.zero_point, 0.5 + 2**-9 + root + z + weight + float64


def error(norm: Normalization, x: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    exact, bound = exact_and_bound(norm, x)
    return np.abs(found - np.clip(exact, norm.target.low, norm.target.high)), bound


@st.composite
def normalizations(draw: st.DrawFn, groups: int, channels: int) -> Normalization:
    target = draw(formats())
    factors = st.just(0.0) | st.floats(-1e-3, 1e-3) | st.floats(-4e4, 4e4) | st.floats(-4e6, 4e6)
    biases = st.just(0.0) | st.floats(-4e4, 4e4) | st.floats(-8e6, 8e6)
    return Normalization(
        groups=groups,
        over_pixels=draw(st.booleans()) or groups > 1,
        epsilon=draw(st.sampled_from([1e-12, 1e-6, 1e-5, 1e-3, 1.0])),
        weight=np.array([draw(factors) for _ in range(channels)], np.float32) * target.scale,
        bias=np.array([draw(biases) for _ in range(channels)], np.float32) * target.scale,
        source=draw(formats()),
        target=target,
    )


@settings(deadline=None, max_examples=300)
@given(st.data(), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_normalization_equals_naive(data, groups, size, height, width):
    norm = data.draw(normalizations(groups, groups * size))
    x = data.draw(tensors(norm.source, 2, height, width, groups * size))
    found = norm(x)

    assert found.dtype == norm.target.dtype
    np.testing.assert_array_equal(found, naive_normalization(norm, x))
    worst, bound = error(norm, x, found)
    assert (worst <= bound).all()


EXACT_GROUP = 1 << 16
"""Largest group whose products fit 64 bits as they are."""


def large_groups() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    low, high = -(2**15), 2**15 - 1
    one = np.full(EXACT_GROUP, low)
    one[77] = high
    return {
        "lowest": np.full(EXACT_GROUP, low),
        "highest": np.full(EXACT_GROUP, high),
        "halves": np.repeat([low, high], EXACT_GROUP // 2),
        "one differs": one,
        "one differs by one": np.where(one == high, low + 1, low),
        "random": rng.integers(low, high, EXACT_GROUP, endpoint=True),
        "random extremes": rng.choice([low, high], EXACT_GROUP),
    }


@pytest.mark.parametrize(
    ("over_pixels", "scale"),
    [(True, 2e-30), (True, 1e-9), (True, 1e-7), (True, 1e-3), (True, 1e9), (False, 1e-3)],
)
@pytest.mark.parametrize("values", large_groups().values(), ids=list(large_groups()))
def test_largest_groups(values, scale, over_pixels):
    channels = 256 if over_pixels else EXACT_GROUP
    weight = np.linspace(-2, 2, channels, dtype=np.float32)
    bias = np.linspace(-3, 1, channels, dtype=np.float32)
    source = TensorFormat(bits=16, scale=scale)
    target = TensorFormat(bits=16, scale=1 / 128)
    norm = Normalization(1, over_pixels, 1e-5, weight, bias, source, target)
    x = values.astype(np.int16).reshape(1, 1, -1, channels)
    found = norm(x)

    np.testing.assert_array_equal(found, naive_normalization(norm, x))
    worst, bound = error(norm, x, found)
    assert (worst <= bound).all()


@pytest.mark.parametrize("scale", [2e-30, 1e-3])
@pytest.mark.parametrize("kind", ["random", "one differs by one"])
def test_groups_beyond_the_exact_ones(kind, scale):
    """Their products are taken apart."""
    x = np.append(large_groups()[kind], large_groups()[kind][:3]).astype(np.int16)
    source, target = TensorFormat(bits=16, scale=scale), TensorFormat(bits=16, scale=1 / 128)
    norm = Normalization(1, True, 1e-5, np.full(1, -2.0), np.ones(1), source, target)
    x = x.reshape(1, 1, -1, 1)
    found = norm(x)
    np.testing.assert_array_equal(found, naive_normalization(norm, x))
    worst, bound = error(norm, x, found)
    assert (worst <= bound).all()


@pytest.mark.parametrize("count", [MAX_GROUP, MAX_GROUP - 1])
@pytest.mark.parametrize("scale", [2e-30, 1e-3])
def test_the_very_largest_groups(count, scale):
    """Exact for values of two kinds, whose sums Python's integers know at once."""
    low, high = -(2**15), 2**15 - 1
    source, target = TensorFormat(bits=16, scale=scale), TensorFormat(bits=16, scale=1 / 4)
    norm = Normalization(1, True, 1e-5, np.ones(1), np.ones(1), source, target)
    for ones in (0, 1, count // 2, count):
        x = np.full(count, low, np.int16)
        x[:ones] = high
        found = norm(x.reshape(1, 1, -1, 1)).ravel()
        pairs = [(value, n) for value, n in ((high, ones), (low, count - ones)) if n]
        expected = naive.normalize_counted(pairs, 1.0, 1.0, 1e-5, source, target)
        assert (found[:ones] == expected.get(high)).all()
        assert (found[ones:] == expected.get(low)).all()


@settings(deadline=None, max_examples=500)
@given(st.integers(1, MAX_GROUP) | st.sampled_from([2**n for n in range(25)]), st.data())
def test_scaled_variance_is_exact(count, data):
    """Any sums that values of 16 bits can have, the bounds among them."""
    corners = st.sampled_from([-(2**15), 2**15 - 1, -1, 0, 1])
    kinds = data.draw(st.lists(corners | st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=4))
    parts = [count // len(kinds)] * len(kinds)
    parts[0] += count - sum(parts)
    total = sum(value * n for value, n in zip(kinds, parts, strict=True))
    squares = sum(value**2 * n for value, n in zip(kinds, parts, strict=True))
    assert abs(total) <= 2**39
    assert squares <= 2**54
    c = division(count)
    exact = (count * squares - total**2) >> (2 * c)
    assert 0 <= exact < 2**62
    assert scaled_variance(count, total, squares, c) == exact


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("over_pixels", [True, False])
@pytest.mark.parametrize("spread", [1e-3, 1, 100])
def test_error_with_calibrated_formats(bits, over_pixels, spread):
    rng = np.random.default_rng(bits)
    real = rng.standard_normal((2, 8, 8, 64)) * spread + rng.standard_normal(64) * spread
    source = TensorFormat.covering(1.25 * real.min(), 1.25 * real.max(), bits=16, symmetric=True)
    x = source.quantize(real)
    weight = rng.uniform(0.5, 1.5, 64).astype(np.float32)
    bias = rng.uniform(-0.5, 0.5, 64).astype(np.float32)
    groups = 8 if over_pixels else 1
    norm = Normalization(groups, over_pixels, 1e-5, weight, bias, source, WIDE)
    exact = exact_and_bound(norm, x)[0] * WIDE.scale
    target = TensorFormat.covering(exact.min(), exact.max(), bits=bits, symmetric=bits == 16)
    norm = Normalization(groups, over_pixels, 1e-5, weight, bias, source, target)

    worst, bound = error(norm, x, norm(x))
    assert (worst <= bound).all()
    assert 0.45 < worst.max() <= CALIBRATED[bits]


def test_one_element_and_constant_groups_give_the_bias():
    target = TensorFormat(bits=16, scale=0.25, zero_point=5)
    bias = np.array([-2, 0, 1, 3], np.float32)
    weight = np.full(4, 7, np.float32)
    expected = [-3, 5, 9, 17]
    x = np.array([[-(2**15), -1, 0, 2**15 - 1]], np.int16).reshape(1, 1, 1, 4)
    assert Normalization(4, True, 1e-5, weight, bias, WIDE, target)(x).ravel().tolist() == expected
    for value in (-(2**15), 0, 2**15 - 1):
        constant = np.full((1, 1, 1, 4), value, np.int16)
        norm = Normalization(1, False, 1e-5, weight, bias, WIDE, target)
        assert norm(constant).ravel().tolist() == expected


def test_zero_weights_give_the_bias():
    target = TensorFormat(scale=0.5)
    norm = Normalization(1, True, 1e-5, np.zeros(2), np.array([1.5, -4]), WIDE, target)
    x = np.random.default_rng(0).integers(-(2**15), 2**15, (1, 2, 2, 2), np.int16)
    assert (norm(x) == [3, -8]).all()


@settings(deadline=None, max_examples=300)
@given(st.integers(1, 2**63 - 1) | st.integers(0, 62).map(lambda n: 2**n))
def test_reciprocal_root_equals_naive(value):
    root, e = reciprocal_root(value)
    assert (root, e) == naive.reciprocal_root(value)


@pytest.mark.parametrize("power", range(32))
def test_error_of_the_reciprocal_root(power):
    for value in {1, *(4**power * k + n for k in (1, 2, 3) for n in (-1, 0, 1))}:
        if 0 < value < 2**63:
            root, e = reciprocal_root(value)
            # The square of what should be 1.
            square = Fraction(root) ** 2 * value / Fraction(4) ** (31 + e)
            assert (1 - Fraction(1, 2**15) - Fraction(1, 2**31)) ** 2 < square
            assert square < (1 + Fraction(1, 2**31)) ** 2


@settings(deadline=None, max_examples=200)
@given(formats(8, 16), st.sampled_from([1e-12, 1e-6, 1e-5, 1.0]), st.integers(1, MAX_GROUP))
def test_epsilon_is_rounded_to_units_of_the_input(source, epsilon, count):
    norm = Normalization(1, True, epsilon, np.ones(1), np.zeros(1), source, WIDE)
    e_integer, d = norm.epsilon_integer(count)
    exact = epsilon * (count / source.scale) ** 2
    assert 1 <= e_integer <= 2**61
    assert division(count) <= d <= 17 + division(count)
    if exact < 2.0**61 * 4**17:
        assert abs(e_integer - exact / 4**d) <= max(0.5, 1 - exact / 4**d) + exact * 2**-50
    if d > division(count):
        assert e_integer >= 2**59


def test_too_large_a_group_is_refused():
    norm = Normalization(1, True, 1e-5, np.ones(1), np.zeros(1), WIDE, WIDE)
    with pytest.raises(ValueError, match="a group of 16777217 elements is larger than 16777216"):
        norm(np.zeros((1, 1, MAX_GROUP + 1, 1), np.int16))


@pytest.mark.parametrize(("weight", "bias"), [(2.0**22, 0), (2.0**30, 0), (1, 2.0**23)])
def test_weights_that_overflow_are_refused(weight, bias):
    target = TensorFormat(scale=1)
    norm = Normalization(1, True, 1e-5, np.array([weight]), np.array([bias]), WIDE, target)
    with pytest.raises(ValueError, match=r"too fine for the weights|beyond fixed point"):
        norm(np.zeros((1, 1, 1, 1), np.int16))
