import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from golden.formats.quantization import TensorFormat, quantize_weights
from tests.helpers.strategies import formats, tensors

SLACK = 1 + 1e-3
"""The integer grid is computed in float32, so half a step may be missed by a little."""

BOUNDS = st.floats(-100, 100, width=32).filter(lambda bound: bound == 0 or abs(bound) > 1e-3)


@settings(deadline=None, max_examples=100)
@given(BOUNDS, BOUNDS, st.sampled_from([8, 16]), st.booleans())
def test_round_trip_within_half_a_step(one, other, bits, symmetric):
    low, high = sorted((one, other))
    form = TensorFormat.covering(low, high, bits=bits, symmetric=symmetric)
    real = np.linspace(low, high, 999).astype(np.float32)
    integer = form.quantize(real)

    assert form.bits == bits
    assert integer.dtype == form.dtype == np.dtype(f"int{bits}")
    error = np.abs(form.dequantize(integer) - real)
    slack = 2**-22 * np.abs(real)  # of float32
    assert (error <= form.scale / 2 * SLACK + slack).all()


@settings(deadline=None, max_examples=100)
@given(BOUNDS, BOUNDS, st.sampled_from([8, 16]), st.booleans())
def test_zero_is_exact(one, other, bits, symmetric):
    low, high = sorted((one, other))
    form = TensorFormat.covering(low, high, bits=bits, symmetric=symmetric)
    assert form.quantize(np.zeros(1, np.float32)).tolist() == [form.zero_point]
    assert form.dequantize(np.array([form.zero_point], form.dtype)).tolist() == [0]
    if symmetric:
        assert form.zero_point == 0


@settings(deadline=None, max_examples=100)
@given(st.data(), formats())
def test_integers_survive_the_round_trip(data, form):
    integer = data.draw(tensors(form, 9))
    real = form.dequantize(integer)
    assert real.dtype == np.float64
    np.testing.assert_array_equal(form.quantize(real), integer)


def test_covering_wastes_no_integer():
    assert TensorFormat.covering(-128, 127) == TensorFormat(scale=1, zero_point=0)
    assert TensorFormat.covering(0, 255) == TensorFormat(scale=1, zero_point=-128)
    assert TensorFormat.covering(-255, 0) == TensorFormat(scale=1, zero_point=127)
    wide = TensorFormat(bits=16, scale=1)
    assert TensorFormat.covering(-(2**15), 2**15 - 1, bits=16) == wide


def test_symmetric_formats_cover_the_larger_side():
    for low, high in ((-127, 3), (-3, 127), (-127, 127)):
        assert TensorFormat.covering(low, high, symmetric=True) == TensorFormat(scale=1)
    wide = TensorFormat(bits=16, scale=2)
    assert TensorFormat.covering(-1, 2 * (2**15 - 1), bits=16, symmetric=True) == wide


def test_covering_always_includes_zero():
    assert TensorFormat.covering(51, 255) == TensorFormat.covering(0, 255)
    assert TensorFormat.covering(-255, -51) == TensorFormat.covering(-255, 0)


def test_covering_a_tensor_of_zeros():
    for symmetric in (True, False):
        form = TensorFormat.covering(0, 0, symmetric=symmetric)
        assert form.scale == 1
        assert form.quantize(np.zeros(3, np.float32)).tolist() == [form.zero_point] * 3


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("symmetric", [True, False])
def test_covering_next_to_nothing(bits, symmetric):
    """Values that no scale is fine enough for become zero."""
    form = TensorFormat.covering(0, 1e-35, bits=bits, symmetric=symmetric)
    assert form.quantize(np.float32([0, 1e-35])).tolist() == [form.zero_point] * 2


def test_quantize_saturates():
    form = TensorFormat(scale=0.5, zero_point=10)
    real = np.array([-1e6, -69.1, -69, 58.5, 58.6, 1e6], np.float32)
    assert form.quantize(real).tolist() == [-128, -128, -128, 127, 127, 127]
    wide = TensorFormat(bits=16, scale=0.5, zero_point=10)
    assert wide.quantize(real * 1e6).tolist() == [-32768] * 3 + [32767] * 3


def test_quantize_rounds_half_to_even_and_keeps_its_input():
    form = TensorFormat(scale=2, zero_point=1)
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
        {"scale": 1e-31, "zero_point": 0},
        {"scale": 1, "bits": 16, "zero_point": 2**15},
        {"scale": 1, "bits": 16, "zero_point": -(2**15) - 1},
        {"scale": 1, "bits": 4},
        {"scale": 1, "kind": "float"},
    ],
)
def test_impossible_formats_are_refused(values):
    with pytest.raises(ValidationError):
        TensorFormat(**values)


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


def test_scales_of_weights_are_not_below_the_least():
    weights = np.array([[1, 1, 0], [-2, -2, 0]], np.float32)
    least = np.array([0, 0.5, 0.5])
    integer, scale = quantize_weights(weights, least)
    np.testing.assert_allclose(scale, [2 / 127, 0.5, 0.5])
    assert integer.tolist() == [[64, 2, 0], [-127, -4, 0]]


@pytest.mark.parametrize("size", [1e-45, 2.6e-43, 1e-38, 1e30])
def test_weights_of_any_size_keep_their_signs(size):
    weights = np.array([[1, -1], [-0.5, 0.5]], np.float32) * np.float32(size)
    integer, _ = quantize_weights(weights)
    assert (integer.astype(np.float32) * np.sign(weights) >= 0).all()
