from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.formats.quantization import TensorFormat
from golden.integer.fixed_point import LARGEST_FACTOR, MAX_SHIFT, Requantization, fixed_point
from tests.helpers import naive
from tests.helpers.strategies import formats

BOUND = {8: 0.5 + 2**8 * 2**-16, 16: 0.5 + 2**16 * 2**-16}
"""LSB by bits of the output: a rounding, and 2 ** -16 (relative) of the multiplier."""

# All 33 bits; an accumulator of 32 bits and a bias of 30 give less.
SUMS = st.integers(-(2**32), 2**32 - 1) | st.sampled_from([-(2**32), 2**32 - 1, -1, 0, 1])
FACTORS = st.one_of(
    st.floats(2**-40, LARGEST_FACTOR, exclude_max=True),
    st.floats(-60, 14.99).map(lambda power: 2.0**power),
    st.integers(-60, 14).map(lambda power: 2.0**power),
    st.integers(-60, 14).map(lambda power: 2.0**power * (1 - 2**-18)),
)


@settings(deadline=None, max_examples=300)
@given(FACTORS, st.sampled_from([1, -1]))
def test_multiplier_and_shift_equal_naive(magnitude, sign):
    multiplier, shift = fixed_point(sign * magnitude)
    assert (int(multiplier), int(shift)) == naive.multiplier_and_shift(sign * magnitude)
    assert multiplier.dtype == shift.dtype == np.int64
    if magnitude >= 2**-33:
        found = Fraction(int(multiplier), 2 ** int(shift))
        assert abs(found / Fraction(sign * magnitude) - 1) < Fraction(1, 2**16)


@settings(deadline=None, max_examples=100)
@given(st.lists(FACTORS, min_size=1, max_size=5), st.integers(1, 49))
def test_shared_shift_is_that_of_the_largest(magnitudes, max_shift):
    factors = np.array(magnitudes) * np.resize([1, -1], len(magnitudes))
    if max(magnitudes) * 2 >= LARGEST_FACTOR:
        max_shift = MAX_SHIFT
    multipliers, shift = fixed_point(factors, max_shift, shared=True)
    assert int(shift) == naive.multiplier_and_shift(max(magnitudes), max_shift)[1]
    assert multipliers.tolist() == [round(Fraction(f) * 2 ** int(shift)) for f in factors.tolist()]


@pytest.mark.parametrize("factor", [LARGEST_FACTOR, 2.0**15, 1e300, np.inf, np.nan])
def test_factors_beyond_fixed_point_are_refused(factor):
    for factors in (factor, -factor, [1.0, factor]):
        with pytest.raises(ValueError, match="is beyond fixed point"):
            fixed_point(factors)


def test_largest_and_zero_factors():
    assert [int(part) for part in fixed_point(np.nextafter(LARGEST_FACTOR, 0))] == [65535, 1]
    assert int(fixed_point(0.0)[0]) == 0


@settings(deadline=None, max_examples=300)
@given(st.data(), st.lists(FACTORS, min_size=3, max_size=3), formats())
def test_requantization_equals_naive(data, factors, target):
    sums = [data.draw(SUMS) for _ in factors]
    biases = [data.draw(st.integers(-(2**30), 2**30)) for _ in factors]
    scaled = [factor * target.scale for factor in factors]
    # As it is after the product with the scale, which may round.
    exact = [scale / target.scale for scale in scaled]
    if max(exact) >= LARGEST_FACTOR:
        return
    x = np.array([sums, sums[::-1]], np.int64) - biases
    found = Requantization.of(np.array(scaled), target, np.array(biases))(x)

    assert found.dtype == target.dtype
    assert found.tolist() == [
        [naive.requantize(*args, target) for args in zip(row, biases, exact, strict=True)]
        for row in x.tolist()
    ]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
@pytest.mark.parametrize("bits", [8, 16])
def test_every_type_of_input(dtype, bits):
    target = TensorFormat(bits=bits, scale=0.01, zero_point=3)
    x = np.array([max(np.iinfo(dtype).min, -(2**32)), -1, 0, 1, 100], dtype)
    found = Requantization.of(0.003, target)(x)
    assert found.tolist() == [naive.requantize(n, 0, 0.003 / 0.01, target) for n in x.tolist()]


@settings(deadline=None, max_examples=200)
@given(st.data(), formats(8, 16), formats(8, 16))
def test_error_between_formats(data, source, target):
    if source.scale / target.scale >= LARGEST_FACTOR:
        return
    values = data.draw(st.lists(st.integers(source.low, source.high), min_size=1, max_size=50))
    x = np.array(values, source.dtype)
    found = Requantization.between(source, target)(x)
    exact = source.dequantize(x) / target.scale + target.zero_point
    error = np.abs(found - np.clip(exact, target.low, target.high)).max()
    assert error <= BOUND[target.bits]


@pytest.mark.parametrize("bits", [8, 16])
def test_error_on_every_integer(bits):
    """All that lie in the output's range, for a hundred factors."""
    rng = np.random.default_rng(bits)
    target = TensorFormat(bits=bits, scale=1, zero_point=-(2 ** (bits - 1)))
    for factor in 2.0 ** rng.uniform(-12, 6, 100):
        x = np.arange(int(2**bits / factor), dtype=np.int64)
        found = Requantization.of(factor, target)(x[:: max(1, len(x) // 1000)])
        exact = x[:: max(1, len(x) // 1000)] * factor + target.zero_point
        assert np.abs(found - np.clip(exact, target.low, target.high)).max() <= BOUND[bits]


def test_halves_are_rounded_up_and_ends_saturate():
    target = TensorFormat(scale=1, zero_point=1)
    x = np.array([-600, -5, -3, -1, 0, 1, 3, 5, 600], np.int32)
    assert Requantization.of(0.5, target)(x).tolist() == [-128, -1, 0, 1, 1, 2, 3, 4, 127]


def test_equal_formats_change_nothing():
    form = TensorFormat(bits=16, scale=0.37, zero_point=-9)
    x = np.arange(-(2**15), 2**15, dtype=np.int16)
    np.testing.assert_array_equal(Requantization.between(form, form)(x), x)


@pytest.mark.parametrize("factor", [2.0**-34, 2.0**-50, 2.0**-90, 0.0])
def test_factors_below_the_largest_shift_give_zero(factor):
    target = TensorFormat(bits=16, scale=1, zero_point=77)
    x = np.array([-(2**32), -1, 0, 2**32 - 1], np.int64)
    assert Requantization.of(factor, target)(x).tolist() == [77] * 4
