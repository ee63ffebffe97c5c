import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.difference.layer import BIAS_BITS, AttentionLayer, Layer, Operands, WeightedLayer
from golden.difference.layer_step import LayerInput, Previous
from golden.difference.matmul import Mode
from golden.formats.quantization import TensorFormat
from golden.integer.fixed_point import Requantization
from golden.network import nodes as n
from golden.network.graph import IMAGE
from tests.helpers import naive

SOURCE = TensorFormat(scale=0.25, zero_point=-5)
TARGET = TensorFormat(bits=16, scale=0.01)
PLAIN = TensorFormat(scale=0.1)


def random_layer(node: n.WeightedMatmul, rng: np.random.Generator) -> WeightedLayer:
    weights = {
        f"{node.name}.{key}": rng.standard_normal(shape).astype(np.float32)
        for key, shape in node.parameter_shapes().items()
    }
    return WeightedLayer.quantized(node, weights, SOURCE, TARGET)


def random_int8(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-128, 128, shape, dtype=np.int8)


def assert_all_modes_equal(layer: Layer, inputs: list[np.ndarray], expected: list) -> None:
    for mode in Mode:
        previous = None
        for step, (x, sums) in enumerate(zip(inputs, expected, strict=True)):
            layer_input = LayerInput(layer, step, layer.operands([x]), previous)
            found = layer_input.accumulate(mode)
            previous = Previous(layer_input.operands, found)
            np.testing.assert_array_equal(found.reshape(sums.shape), sums, err_msg=mode)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("size", [(4, 4), (5, 8)])
def test_convolution_equals_naive_in_all_modes(kernel, stride, padding, size):
    rng = np.random.default_rng(0)
    node = n.Conv2d(
        name="conv",
        inputs=(IMAGE,),
        in_channels=3,
        out_channels=4,
        kernel=kernel,
        stride=stride,
        padding=padding,
    )
    layer = random_layer(node, rng)
    weights = layer.weights.reshape(kernel, kernel, 3, 4)
    inputs = [random_int8(rng, 2, *size, 3) for _ in range(3)]
    expected = [naive.convolution(x, weights, stride, padding, -5) for x in inputs]
    assert (layer.name, layer.k, layer.columns) == ("conv", kernel * kernel * 3, 4)
    assert (layer.zero_point, layer.moving) == (-5, False)
    assert_all_modes_equal(layer, inputs, expected)

    accumulators = expected[0].reshape(2, -1, 4).astype(np.int32)
    output = layer.output(accumulators, [inputs[0]])
    assert output.shape == expected[0].shape
    np.testing.assert_array_equal(output, layer.requantization(expected[0]))


def test_fully_connected_equals_naive_in_all_modes():
    rng = np.random.default_rng(1)
    node = n.Linear(name="linear", inputs=(IMAGE,), in_channels=7, out_channels=5)
    layer = random_layer(node, rng)
    inputs = [random_int8(rng, 2, 3, 4, 7) for _ in range(3)]
    weights = layer.weights.reshape(1, 1, 7, 5)
    expected = [naive.convolution(x, weights, 1, 0, -5) for x in inputs]
    assert_all_modes_equal(layer, inputs, expected)


def test_padding_adds_nothing():
    node = n.Conv2d(
        name="conv", inputs=(IMAGE,), in_channels=1, out_channels=1, kernel=3, padding=1
    )
    layer = random_layer(node, np.random.default_rng(0))
    rows, weights = layer.operands([np.full((1, 1, 1, 1), -4, np.int8)])
    assert weights is layer.weights
    assert (rows - np.int8(-5)).tolist() == [[[0, 0, 0, 0, 1, 0, 0, 0, 0]]]


def test_output_scales_each_column_and_adds_its_bias():
    node = n.Linear(name="linear", inputs=(IMAGE,), in_channels=1, out_channels=3)
    weights = {
        "linear.weight": np.array([[127, -254, 63.5]], np.float32),
        "linear.bias": np.array([0, 1, -1], np.float32),
    }
    target = TensorFormat(bits=16, scale=0.125, zero_point=3)
    layer = WeightedLayer.quantized(node, weights, SOURCE, target)
    assert layer.weights.tolist() == [[127, -127, 127]]
    accumulators = np.array([[[4, 4, 4], [-8, 0, 16]]], np.int32)
    found = layer.output(accumulators, [np.zeros((1, 1, 2, 1), np.int8)])

    assert found.dtype == np.int16
    # In real numbers [[1, 3, -0.5], [-2, 1, 1]].
    assert target.dequantize(found).tolist() == [[[[1, 3, -0.5], [-2, 1, 1]]]]


@settings(deadline=None, max_examples=100)
@given(st.floats(-40, 40), st.floats(-10, 4), st.booleans())
def test_a_bias_never_leaves_the_accumulator(power, scale, zero_weights):
    """However large it is compared to the weights; its value is kept."""
    node = n.Linear(name="linear", inputs=(IMAGE,), in_channels=2, out_channels=2)
    bias = np.array([2.0**power, -(2.0**power)], np.float32)
    weight = np.array([[1, 0], [0, not zero_weights]], np.float32)
    weights = {"linear.weight": weight, "linear.bias": bias}
    source = TensorFormat(scale=2.0**scale, zero_point=9)
    target = TensorFormat(bits=16, scale=2.0 ** max(power - 14, scale - 20))
    layer = WeightedLayer.quantized(node, weights, source, target)

    # The weights' scale is a float32, which may be a little below the one asked for.
    assert np.abs(layer.requantization.bias).max() <= 2**BIAS_BITS * (1 + 2**-23)
    found = layer.output(np.zeros((1, 1, 2), np.int32), [np.zeros((1, 1, 1, 2), np.int8)])
    # Half an accumulator's integer, and the rounding to the output.
    unit = max(127**-1, 2.0**power / 2.0**scale / 2**30) * 2.0**scale
    assert (np.abs(target.dequantize(found).ravel() - bias) <= target.scale * 1.01 + unit).all()


ATTENTION = {"heads": 2, "inputs": ("first", "second")}
SHAPES = [(2, 3, 8), (1, 5, 8)]


def scores(changing: bool = True) -> AttentionLayer:
    node = n.AttentionScores(name="scores", **ATTENTION)
    return AttentionLayer.quantized(node, [PLAIN, PLAIN], TARGET, SHAPES, changing)


def mix(changing: bool = True) -> AttentionLayer:
    node = n.AttentionMix(name="mix", **ATTENTION)
    return AttentionLayer.quantized(node, [PLAIN, PLAIN], TARGET, [(2, 3, 10), SHAPES[1]], changing)


@pytest.mark.parametrize("images", [1, 2])
def test_operands_of_attention(images):
    rng = np.random.default_rng(0)
    query, value = random_int8(rng, 2, 2, 3, 8), random_int8(rng, images, 1, 5, 8)
    shares = random_int8(rng, 2, 2, 3, 10)
    assert (scores().k, scores().columns) == (4, 5)
    assert (mix().k, mix().columns) == (5, 4)
    by_scores, by_mix = scores().operands([query, value]), mix().operands([shares, value])
    for image, head in np.ndindex(2, 2):
        count = image * 2 + head
        own = slice(head * 4, head * 4 + 4)
        tokens = value[image % images].reshape(5, 8)[:, own]
        np.testing.assert_array_equal(by_scores.second[count], tokens.T)
        np.testing.assert_array_equal(by_mix.second[count], tokens)
        expected = query[image].reshape(6, 8)[:, own]
        np.testing.assert_array_equal(by_scores.first[count], expected)
        expected = shares[image].reshape(6, 10)[:, head * 5 : head * 5 + 5]
        np.testing.assert_array_equal(by_mix.first[count], expected)


def test_one_query_for_several_images():
    rng = np.random.default_rng(0)
    query, key = random_int8(rng, 1, 2, 3, 8), random_int8(rng, 3, 1, 5, 8)
    operands = scores().operands([query, key])
    assert operands.first.shape == (6, 6, 4)
    for image in range(3):
        expected = scores().operands([query, key[image : image + 1]])
        for found, alone in zip(operands, expected, strict=True):
            np.testing.assert_array_equal(found[2 * image : 2 * image + 2], alone)


def test_output_of_attention():
    """Scores are divided by the square root of their length, and laid out head after head."""
    query, shares = np.zeros((2, 2, 3, 8), np.int8), np.zeros((2, 2, 3, 10), np.int8)
    key = np.zeros((2, 1, 5, 8), np.int8)
    for layer, x, columns, unit in ((scores(), query, 5, 0.5), (mix(), shares, 4, 1.0)):
        accumulators = np.arange(2 * 2 * 6 * columns, dtype=np.int32).reshape(4, 6, columns)
        found = layer.output(accumulators, [x, key])
        assert found.shape == (2, 2, 3, 2 * columns)
        expected = Requantization.of(0.1 * 0.1 * unit, TARGET)(accumulators)
        for image, head in np.ndindex(2, 2):
            part = found[image, ..., head * columns : (head + 1) * columns]
            np.testing.assert_array_equal(part.reshape(6, columns), expected[image * 2 + head])


def test_attention_moves_if_its_second_input_changes():
    assert scores(changing=True).moving
    assert not mix(changing=False).moving


def test_operands_are_contiguous_int8():
    rng = np.random.default_rng(0)
    x = random_int8(rng, 2, 2, 3, 8)
    operands: Operands = scores().operands([x, x])
    for part in operands:
        assert part.dtype == np.int8
        assert part.flags.c_contiguous
