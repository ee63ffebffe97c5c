import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from golden.floating import operators
from golden.formats.quantization import TensorFormat
from golden.integer.elementwise import Concatenation, Product, Sum, Table
from golden.integer.fixed_point import LARGEST_FACTOR, fixed_point
from tests.helpers import naive
from tests.helpers.strategies import formats, tensors

REQUANTIZED = {8: 0.5 + 2**8 * 2**-16, 16: 0.5 + 2**16 * 2**-16}
"""LSB of the output by its bits: a rounding and 2 ** -16 (relative) of the multiplier."""
SUM = 2.0
"""LSB of the output, where inputs are not coarser: a rounding; 1 for the multiplier of one 16-bit
input and 1/2 for that of the other, the larger."""
TABLE = 0.5
"""LSB of the output: a rounding; 2 ** -20 for that of float64."""
FLOAT64 = 2**-20


def error(found: np.ndarray, exact: np.ndarray, target: TensorFormat) -> np.ndarray:
    """In the output's integers; both saturate alike."""
    ideal = np.clip(exact / target.scale + target.zero_point, target.low, target.high)
    return np.abs(found - ideal)


@settings(deadline=None, max_examples=300)
@given(st.data(), formats(), formats(), formats(), st.booleans())
def test_sum_equals_naive(data, a_format, b_format, target, vector):
    assume(max(a_format.scale, b_format.scale) / target.scale < LARGEST_FACTOR)
    a = data.draw(tensors(a_format, 2, 2, 1, 3))
    b = data.draw(tensors(b_format, 2, 1, 1, 3) if vector else tensors(b_format, 2, 2, 1, 3))
    found = Sum(a_format, b_format, target)(a, b)

    assert found.dtype == target.dtype
    assert found.shape == a.shape
    pairs = zip(a.ravel().tolist(), np.broadcast_to(b, a.shape).ravel().tolist(), strict=True)
    expected = [naive.add(*pair, a_format, b_format, target) for pair in pairs]
    assert found.ravel().tolist() == expected


@settings(deadline=None, max_examples=200)
@given(st.data(), formats(), formats(), formats())
def test_error_of_sums(data, a_format, b_format, target):
    factors = np.array([a_format.scale, b_format.scale]) / target.scale
    assume(factors.max() < LARGEST_FACTOR)
    a, b = data.draw(tensors(a_format, 20)), data.draw(tensors(b_format, 20))
    found = Sum(a_format, b_format, target)(a, b)
    a_real, b_real = a_format.dequantize(a), b_format.dequantize(b)
    _, shift = fixed_point(factors, 34, shared=True)
    integers = np.abs(a_real) / a_format.scale + np.abs(b_real) / b_format.scale
    bound = 0.5 + integers * 2.0 ** -(int(shift) + 1) + FLOAT64
    found_error = error(found, a_real + b_real, target)
    assert (found_error <= bound).all()
    if factors.max() <= 1:
        assert found_error.max() <= SUM + FLOAT64


def test_vectors_are_of_every_image_or_of_all():
    form = TensorFormat(bits=16, scale=0.5, zero_point=-3)
    rng = np.random.default_rng(0)
    a = rng.integers(-900, 900, (3, 2, 5, 4)).astype(np.int16)
    for shape in ((3, 1, 1, 4), (1, 1, 1, 4), (1, 2, 5, 4), (3, 2, 5, 4)):
        b = rng.integers(-900, 900, shape).astype(np.int16)
        whole = np.ascontiguousarray(np.broadcast_to(b, a.shape))
        for operation in (Sum, Product):
            found = operation(form, form, form)(a, b)
            np.testing.assert_array_equal(found, operation(form, form, form)(a, whole))
    one = np.ascontiguousarray(np.broadcast_to(a[:1], a.shape))
    for operation in (Sum, Product):
        found = operation(form, form, form)(a[:1], a)
        np.testing.assert_array_equal(found, operation(form, form, form)(one, a))
    with pytest.raises(ValueError, match="broadcast"):
        Sum(form, form, form)(a, a[:, :1, :3])


@pytest.mark.parametrize("scale", [2.0**15, 1e30])
def test_sum_of_factors_beyond_fixed_point_is_refused(scale):
    coarse, fine = TensorFormat(bits=16, scale=scale), TensorFormat(bits=16, scale=1)
    x = np.ones((1, 1, 1, 1), np.int16)
    for three in ((coarse, fine, fine), (fine, coarse, fine)):
        with pytest.raises(ValueError, match="is beyond fixed point"):
            Sum(*three)(x, x)


def test_sum_of_the_largest_integers():
    form = TensorFormat(bits=16, scale=1, zero_point=-(2**15))
    target = TensorFormat(bits=16, scale=2, zero_point=-(2**15))
    x = np.full((1, 1, 1, 1), 2**15 - 1, np.int16)
    assert Sum(form, form, target)(x, x).item() == 2**15 - 1
    assert Sum(form, form, form)(x, x).item() == 2**15 - 1


@settings(deadline=None, max_examples=300)
@given(st.data(), formats(), formats(), formats(), st.booleans())
def test_product_equals_naive(data, a_format, b_format, target, vector):
    assume(a_format.scale * b_format.scale / target.scale < LARGEST_FACTOR)
    a = data.draw(tensors(a_format, 2, 2, 1, 3))
    b = data.draw(tensors(b_format, 2, 1, 1, 3) if vector else tensors(b_format, 2, 2, 1, 3))
    found = Product(a_format, b_format, target)(a, b)

    assert found.dtype == target.dtype
    assert found.shape == a.shape
    pairs = zip(a.ravel().tolist(), np.broadcast_to(b, a.shape).ravel().tolist(), strict=True)
    expected = [naive.multiply(*pair, a_format, b_format, target) for pair in pairs]
    assert found.ravel().tolist() == expected
    exact = a_format.dequantize(a) * b_format.dequantize(b)
    assert error(found, exact, target).max() <= REQUANTIZED[target.bits] + FLOAT64


@settings(deadline=None, max_examples=200)
@given(st.data(), formats(), formats(), formats())
def test_concatenation_equals_naive(data, a_format, b_format, target):
    assume(max(a_format.scale, b_format.scale) / target.scale < LARGEST_FACTOR)
    a, b = data.draw(tensors(a_format, 2, 1, 2, 3)), data.draw(tensors(b_format, 2, 1, 2, 1))
    found = Concatenation(a_format, b_format, target)(a, b)

    assert found.dtype == target.dtype
    assert found.shape == (2, 1, 2, 4)
    for x, form, part in ((a, a_format, found[..., :3]), (b, b_format, found[..., 3:])):
        factor = form.scale / target.scale
        assert part.ravel().tolist() == [
            naive.requantize(value, -form.zero_point, factor, target)
            for value in x.ravel().tolist()
        ]
        assert error(part, form.dequantize(x), target).max() <= REQUANTIZED[target.bits] + FLOAT64


def silu(x: float) -> float:
    return x / (1 + math.exp(-x)) if x > -700 else 0.0


def gelu(x: float) -> float:
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def gelu_tanh(x: float) -> float:
    return x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


FUNCTIONS = [
    pytest.param(operators.silu, silu, id="silu"),
    pytest.param(partial(operators.gelu, approximate="none"), gelu, id="gelu"),
    pytest.param(partial(operators.gelu, approximate="tanh"), gelu_tanh, id="gelu tanh"),
]


@pytest.mark.parametrize(("function", "expected"), FUNCTIONS)
@settings(deadline=None, max_examples=100)
@given(source=formats(8), target=formats())
def test_table_equals_naive(
    function: Callable[[np.ndarray], np.ndarray],
    expected: Callable[[float], float],
    source: TensorFormat,
    target: TensorFormat,
):
    x = np.arange(-128, 128, dtype=np.int8).reshape(2, 4, 8, 4)
    found = Table.of(function, source, target)(x)

    assert found.dtype == target.dtype
    assert found.shape == x.shape
    real = [expected((value - source.zero_point) * source.scale) for value in range(-128, 128)]
    for entry, value in zip(found.ravel().tolist(), real, strict=True):
        integer = value * (1 / target.scale)
        # At halves, the last bit of the function decides, which libraries do not agree on.
        if abs(integer % 1 - 0.5) > 2**-30:
            rounded = round(integer) + target.zero_point
            assert entry == min(max(rounded, target.low), target.high)
    assert error(found.ravel(), np.array(real), target).max() <= TABLE + FLOAT64


def test_table_is_addressed_by_the_byte():
    table = Table(np.arange(256, dtype=np.int16))
    x = np.array([0, 1, 127, -128, -2, -1], np.int8)
    assert table(x).tolist() == [0, 1, 127, 128, 254, 255]


def test_table_takes_tensors_that_are_not_contiguous():
    table = Table(np.arange(256, dtype=np.int16))
    x = np.arange(24, dtype=np.int8).reshape(2, 3, 4)
    np.testing.assert_array_equal(table(x[:, ::2, ::-1]), x[:, ::2, ::-1])


def test_table_takes_8_bits_only():
    wide = TensorFormat(bits=16, scale=1)
    with pytest.raises(ValueError, match="a table takes 8-bit input"):
        Table.of(operators.silu, wide, wide)
