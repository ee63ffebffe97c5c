import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from golden.floating import operators
from golden.formats.quantization import TensorFormat
from golden.integer.fixed_point import LARGEST_FACTOR
from golden.integer.softmax import MAX_TOKENS, Softmax
from tests.helpers import naive
from tests.helpers.strategies import formats, tensors

POWER = 2.0 ** (2**-9 + 16 * 2**-16) - 1
"""Relative error of a power of two: t is rounded by 2 ** -9 places, its multiplier is off by
2 ** -16 of them, of which there are at most 16."""
STEP = 2**-15
"""Error of the table and the shift after it, in units of the largest power."""
OF_64_TOKENS = {8: 0.5 + 127 * 0.0028, 16: 0.5 + 65535 * 0.0028}
"""LSB of an output that covers 0 to 1: a rounding and, for a share p, p (1 - p) * 2 * POWER and
p * 64 * STEP, together 0.00275; 2 ** -15 for the reciprocal and 2 ** -16 for the multiplier."""

PROBABILITY = TensorFormat(scale=1 / 127)


def naive_softmax(softmax: Softmax, x: np.ndarray) -> list[list[int]]:
    rows = x.reshape(-1, x.shape[-1] // softmax.heads)
    return [naive.softmax(row, softmax.source, softmax.target) for row in rows.tolist()]


def error_and_bound(
    softmax: Softmax, x: np.ndarray, found: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """In the output's integers; the bound adds up the errors that the text states."""
    target = softmax.target
    real = softmax.source.dequantize(x).reshape(-1, x.shape[-1] // softmax.heads)
    shares = operators.softmax(real, 1)
    total = 1 / shares.max(axis=-1, keepdims=True)
    total_error = POWER * total + real.shape[-1] * STEP
    least_total = np.maximum(1, total - total_error)
    power = (POWER * shares * total + STEP) / least_total + shares * total_error / least_total
    bound = power + (shares + power) * 2**-15 + 2**-24
    integers = 0.5 + 2**-16 * shares / target.scale + bound / target.scale + 2**-20
    ideal = np.clip(shares / target.scale + target.zero_point, target.low, target.high)
    return np.abs(found.reshape(real.shape) - ideal), integers


@settings(deadline=None, max_examples=300)
@given(st.data(), formats(), formats(), st.integers(1, 3), st.integers(1, 30))
def test_softmax_equals_naive(data, source, target, heads, tokens):
    assume(source.scale * np.log2(np.e) * 2**8 < LARGEST_FACTOR)
    assume(2.0**-24 / target.scale < LARGEST_FACTOR)
    x = data.draw(tensors(source, 1, 2, 1, heads * tokens))
    softmax = Softmax(heads, source, target)
    found = softmax(x)

    assert found.dtype == target.dtype
    assert found.shape == x.shape
    assert found.reshape(-1, tokens).tolist() == naive_softmax(softmax, x)
    worst, bound = error_and_bound(softmax, x, found)
    assert (worst <= bound).all()


@pytest.mark.parametrize("scale", [2e-30, 1e-5, 1e-3, 80])
@pytest.mark.parametrize("low", [-(2**15), -400, 2**15 - 2, 2**15 - 1])
def test_largest_rows(low, scale):
    rng = np.random.default_rng(low % 7)
    x = rng.integers(low, 2**15, (1, 1, 1, MAX_TOKENS), np.int16)
    target = TensorFormat(bits=16, scale=2**-24)
    softmax = Softmax(1, TensorFormat(bits=16, scale=scale), target)
    found = softmax(x)
    assert found.reshape(1, -1).tolist() == naive_softmax(softmax, x)
    worst, bound = error_and_bound(softmax, x, found)
    assert (worst <= bound).all()


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("spread", [0.1, 1, 4, 20])
def test_error_with_calibrated_formats(bits, spread):
    rng = np.random.default_rng(bits)
    real = rng.standard_normal((2, 8, 8, 2 * 64)) * spread
    high = 1.25 * np.abs(real).max()
    source = TensorFormat.covering(-high, high, bits=16, symmetric=True)
    target = TensorFormat.covering(0, 1, bits=bits, symmetric=bits == 8)
    softmax = Softmax(2, source, target)
    x = source.quantize(real)
    worst, bound = error_and_bound(softmax, x, softmax(x))
    assert (worst <= bound).all()
    assert worst.max() <= OF_64_TOKENS[bits]


def test_equal_scores_share_equally():
    softmax = Softmax(2, TensorFormat(bits=16, scale=1e-3), TensorFormat(bits=16, scale=2**-15))
    for value in (-(2**15), 0, 2**15 - 1):
        x = np.full((1, 1, 1, 2 * 64), value, np.int16)
        assert (softmax(x) == 2**15 // 64).all()


def test_one_token_has_it_all():
    softmax = Softmax(3, TensorFormat(bits=16, scale=1e-3), PROBABILITY)
    x = np.array([[-(2**15), 5, 2**15 - 1]], np.int16).reshape(1, 1, 1, 3)
    assert (softmax(x) == 127).all()


def test_heads_are_apart():
    softmax = Softmax(2, TensorFormat(bits=16, scale=1), PROBABILITY)
    x = np.array([100, 0, -200, -100], np.int16).reshape(1, 1, 1, 4)
    assert softmax(x).ravel().tolist() == [127, 0, 0, 127]


def test_too_many_tokens_are_refused():
    softmax = Softmax(1, PROBABILITY, PROBABILITY)
    with pytest.raises(ValueError, match="a softmax over 65537 tokens is larger than 65536"):
        softmax(np.zeros((1, 1, 1, MAX_TOKENS + 1), np.int8))


def test_too_coarse_an_input_is_refused():
    softmax = Softmax(1, TensorFormat(bits=16, scale=89), PROBABILITY)
    with pytest.raises(ValueError, match="is beyond fixed point"):
        softmax(np.zeros((1, 1, 1, 2), np.int16))
