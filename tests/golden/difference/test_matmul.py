import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.difference.matmul import Mode, Product, exact_product, reference_rows
from tests.helpers import naive

INT32_ELEMENTS = 2**31 // (255 * 128)
"""Longest row of extreme operands whose sums stay in int32."""


def random_int8(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-128, 128, shape, dtype=np.int8)


def run_steps(mode: Mode, steps: list[np.ndarray], weights: np.ndarray, zero_point: int) -> list:
    previous = None
    results: list[np.ndarray] = []
    for rows in steps:
        sums = Product(rows, previous, zero_point, weights).sums(mode)
        starts_from_previous = mode is Mode.TEMPORAL and previous is not None
        results.append(sums + results[-1] if starts_from_previous else sums)
        previous = rows
    return results


@settings(deadline=None, max_examples=50)
@given(
    rows=st.integers(1, 6), k=st.integers(1, 40), columns=st.integers(1, 6), seed=st.integers(0, 99)
)
def test_product_equals_naive(rows, k, columns, seed):
    rng = np.random.default_rng(seed)
    difference = rng.integers(-255, 256, (rows, k), dtype=np.int16)
    weights = random_int8(rng, k, columns)
    found = exact_product(difference, weights)

    assert found.dtype == np.int32
    assert found.tolist() == naive.product(difference, weights)


@pytest.mark.parametrize("k", [1, 500, 514, 515, 2000, 20000])
@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
def test_product_of_extreme_operands(k, leading):
    # From k = 515 on, sums of these may have more bits than a float32.
    rng = np.random.default_rng(k)
    difference = rng.choice(np.array([-255, 254, 255], np.int16), (*leading, 3, k))
    difference[..., 0, :] = 255
    difference[..., 1, :] = -255
    weights = rng.choice(np.array([-128, -127, 127], np.int8), (k, 4))
    weights[:, 0] = -128
    found = exact_product(difference, weights)

    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, difference.astype(np.int64) @ weights.astype(np.int64))


def test_float32_would_not_have_been_exact():
    difference = np.full((1, 1000), 255, np.int16)
    difference[0, 0] = 254
    weights = np.full((1000, 1), 127, np.int8)
    exact = 999 * 255 * 127 + 254 * 127

    assert int(np.float32(exact)) != exact
    assert exact_product(difference, weights).item() == exact


def test_largest_sums_that_fit_int32():
    difference = np.full((2, INT32_ELEMENTS), 255, np.int16)
    difference[1] = -255
    weights = np.full((INT32_ELEMENTS, 1), -128, np.int8)
    largest = 255 * 128 * INT32_ELEMENTS
    assert exact_product(difference, weights).ravel().tolist() == [-largest, largest]


def test_sums_that_could_leave_int32_are_refused():
    k = INT32_ELEMENTS + 1
    weights = np.full((k, 1), -128, np.int8)
    with pytest.raises(OverflowError, match=f"{k} elements"):
        exact_product(np.zeros((1, k), np.int16), weights)


@settings(deadline=None, max_examples=60)
@given(
    leading=st.lists(st.integers(1, 3), max_size=2),
    rows=st.integers(1, 7),
    k=st.integers(1, 70),
    columns=st.integers(1, 9),
    steps=st.integers(1, 4),
    zero_point=st.integers(-128, 127),
    seed=st.integers(0, 2**32 - 1),
)
def test_three_modes_are_equal(leading, rows, k, columns, steps, zero_point, seed):
    rng = np.random.default_rng(seed)
    weights = random_int8(rng, k, columns)
    inputs = [random_int8(rng, *leading, rows, k) for _ in range(steps)]
    expected = [
        ((x.astype(np.int64) - zero_point) @ weights.astype(np.int64)).tolist() for x in inputs
    ]
    for mode in Mode:
        found = run_steps(mode, inputs, weights, zero_point)
        assert all(accumulators.dtype == np.int32 for accumulators in found)
        assert [accumulators.tolist() for accumulators in found] == expected, mode


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("zero_point", [-128, 127])
def test_modes_on_extreme_data(mode, zero_point):
    extreme = np.array([-128, 127], np.int8)
    rng = np.random.default_rng(1)
    weights = rng.choice(extreme, (3000, 3))
    weights[:, 0] = -128
    inputs = [rng.choice(extreme, (2, 4, 3000)) for _ in range(3)]
    inputs[1][:, 1] = 127
    inputs[2][:, 1] = -128
    for x, found in zip(inputs, run_steps(mode, inputs, weights, zero_point), strict=True):
        expected = (x.astype(np.int64) - zero_point) @ weights.astype(np.int64)
        np.testing.assert_array_equal(found, expected)


def test_reference_of_each_mode():
    rng = np.random.default_rng(2)
    rows, previous = random_int8(rng, 2, 3, 5), random_int8(rng, 2, 3, 5)
    zero = np.full((2, 3, 5), -7, np.int8)

    np.testing.assert_array_equal(reference_rows(Mode.ACT, rows, -7, previous), zero)
    np.testing.assert_array_equal(reference_rows(Mode.TEMPORAL, rows, -7), zero)
    np.testing.assert_array_equal(reference_rows(Mode.TEMPORAL, rows, -7, previous), previous)
    spatial = reference_rows(Mode.SPATIAL, rows, -7, previous)
    np.testing.assert_array_equal(spatial[:, 0], zero[:, 0])
    np.testing.assert_array_equal(spatial[:, 1:], rows[:, :-1])
    assert spatial.dtype == np.int8


@pytest.mark.parametrize("mode", Mode)
def test_each_product_may_have_its_own_weights(mode):
    rng = np.random.default_rng(3)
    weights = random_int8(rng, 3, 5, 4)
    inputs = [random_int8(rng, 3, 6, 5) for _ in range(2)]
    for x, found in zip(inputs, run_steps(mode, inputs, weights, 7), strict=True):
        for rows, own, sums in zip(x, weights, found, strict=True):
            assert sums.tolist() == naive.product(rows.astype(np.int64) - 7, own)


@pytest.mark.parametrize("mode", Mode)
def test_differences_are_to_the_reference(mode):
    rng = np.random.default_rng(4)
    rows, previous = random_int8(rng, 2, 3, 5), random_int8(rng, 2, 3, 5)
    product = Product(rows, previous, 7, random_int8(rng, 5, 4))
    reference = reference_rows(mode, rows, 7, previous)
    np.testing.assert_array_equal(product.reference(mode), reference)
    found = product.differences(mode)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, rows.astype(int) - reference)
