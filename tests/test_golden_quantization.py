import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from golden.quantization import ActivationFormat, quantize_weights

SLACK = 1 + 1e-3
"""The integer grid is computed in float32, so half a step may be missed by a little."""

BOUNDS = st.floats(-100, 100, width=32).filter(lambda bound: bound == 0 or abs(bound) > 1e-3)


def dequantize(integer: np.ndarray, form: ActivationFormat) -> np.ndarray:
    return form.scale * (integer.astype(np.float64) - form.zero_point)


@settings(deadline=None, max_examples=100)
@given(BOUNDS, BOUNDS)
def test_round_trip_within_half_a_step(one, other):
    low, high = sorted((one, other))
    form = ActivationFormat.covering(low, high)
    real = np.linspace(low, high, 999).astype(np.float32)
    integer = form.quantize(real)

    assert integer.dtype == np.int8
    assert np.abs(dequantize(integer, form) - real).max() <= form.scale / 2 * SLACK


@settings(deadline=None, max_examples=100)
@given(BOUNDS, BOUNDS)
def test_zero_is_exact(one, other):
    form = ActivationFormat.covering(min(one, other), max(one, other))
    assert form.quantize(np.zeros(1, np.float32)).tolist() == [form.zero_point]


def test_covering_wastes_no_integer():
    assert ActivationFormat.covering(-128, 127) == ActivationFormat(scale=1, zero_point=0)
    assert ActivationFormat.covering(0, 255) == ActivationFormat(scale=1, zero_point=-128)
    assert ActivationFormat.covering(-255, 0) == ActivationFormat(scale=1, zero_point=127)


def test_covering_always_includes_zero():
    assert ActivationFormat.covering(51, 255) == ActivationFormat.covering(0, 255)
    assert ActivationFormat.covering(-255, -51) == ActivationFormat.covering(-255, 0)


def test_covering_a_tensor_of_zeros():
    form = ActivationFormat.covering(0, 0)
    assert form.scale == 1
    assert form.quantize(np.zeros(3, np.float32)).tolist() == [form.zero_point] * 3


def test_quantize_saturates():
    form = ActivationFormat(scale=0.5, zero_point=10)
    real = np.array([-1e6, -69.1, -69, 58.5, 58.6, 1e6], np.float32)
    assert form.quantize(real).tolist() == [-128, -128, -128, 127, 127, 127]


def test_quantize_rounds_half_to_even_and_keeps_its_input():
    form = ActivationFormat(scale=2, zero_point=1)
    real = np.array([[-3, -1, 1], [3, 5, 6]], np.float32)
    kept = real.copy()
    assert form.quantize(real).tolist() == [[-1, 1, 1], [3, 3, 4]]
    np.testing.assert_array_equal(real, kept)


@pytest.mark.parametrize(
    "values",
    [
        {"scale": 0, "zero_point": 0},
        {"scale": -1, "zero_point": 0},
        {"scale": float("inf"), "zero_point": 0},
        {"scale": float("nan"), "zero_point": 0},
        {"scale": 1, "zero_point": 128},
        {"scale": 1, "zero_point": -129},
        {"scale": 1, "zero_point": 0, "bits": 8},
    ],
)
def test_impossible_formats_are_refused(values):
    with pytest.raises(ValidationError):
        ActivationFormat(**values)


def test_weights_per_output_channel():
    rng = np.random.default_rng(0)
    size = np.array([1e-3, 1, 50, 0], np.float32)
    weights = rng.standard_normal((3, 3, 5, 4)).astype(np.float32) * size
    integer, scale = quantize_weights(weights)

    assert integer.dtype == np.int8
    assert scale.dtype == np.float32
    assert integer.shape == weights.shape
    assert scale.shape == (4,)
    assert scale[3] == 1
    assert np.abs(integer).max(axis=(0, 1, 2)).tolist() == [127, 127, 127, 0]
    error = np.abs(integer * scale.astype(np.float64) - weights)
    assert (error <= scale / 2 * SLACK).all()
