import naive
import numpy as np
import pytest

from golden import graph as g
from golden.layer import Layer
from golden.matmul import Mode, Previous, accumulate
from golden.quantization import ActivationFormat

FORMAT = ActivationFormat(scale=0.25, zero_point=-5)


def random_layer(node: g.MatmulNode, rng: np.random.Generator) -> Layer:
    weights = {
        f"{node.name}.{key}": rng.standard_normal(shape).astype(np.float32)
        for key, shape in node.parameter_shapes().items()
    }
    return Layer.quantized(node, weights, FORMAT)


def random_input(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Wide enough that some of it saturates."""
    return (rng.standard_normal(shape) * 15).astype(np.float32)


def assert_all_modes_equal(layer: Layer, inputs: list[np.ndarray], expected: list) -> None:
    for mode in Mode:
        previous = None
        for x, sums in zip(inputs, expected, strict=True):
            shaped = layer.rows(x)
            rows = shaped.reshape(len(x), -1, layer.k)
            found = accumulate(mode, rows, layer.weights, FORMAT.zero_point, previous)
            previous = Previous(rows, found)
            np.testing.assert_array_equal(found.reshape(sums.shape), sums, err_msg=mode)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("size", [(4, 4), (5, 8)])
def test_convolution_equals_naive_in_all_modes(kernel, stride, padding, size):
    rng = np.random.default_rng(0)
    node = g.Conv2d(
        name="conv",
        inputs=("image",),
        in_channels=3,
        out_channels=4,
        kernel=kernel,
        stride=stride,
        padding=padding,
    )
    layer = random_layer(node, rng)
    weights = layer.weights.reshape(kernel, kernel, 3, 4)
    inputs = [random_input(rng, 2, *size, 3) for _ in range(3)]
    expected = [
        naive.convolution(FORMAT.quantize(x), weights, stride, padding, FORMAT.zero_point)
        for x in inputs
    ]
    assert (layer.name, layer.k, layer.columns) == ("conv", kernel * kernel * 3, 4)
    assert_all_modes_equal(layer, inputs, expected)


def test_fully_connected_equals_naive_in_all_modes():
    rng = np.random.default_rng(1)
    node = g.Linear(name="linear", inputs=("image",), in_channels=7, out_channels=5)
    layer = random_layer(node, rng)
    inputs = [random_input(rng, 2, 3, 4, 7) for _ in range(3)]
    weights = layer.weights.reshape(1, 1, 7, 5)
    expected = [
        naive.convolution(FORMAT.quantize(x), weights, 1, 0, FORMAT.zero_point) for x in inputs
    ]
    assert_all_modes_equal(layer, inputs, expected)


def test_padding_adds_nothing():
    node = g.Conv2d(
        name="conv", inputs=("image",), in_channels=1, out_channels=1, kernel=3, padding=1
    )
    layer = Layer(node, np.ones((9, 1), np.int8), np.ones(1), np.zeros(1), FORMAT)
    rows = layer.rows(np.full((1, 1, 1, 1), 0.25, np.float32))
    assert (rows - np.int8(FORMAT.zero_point)).tolist() == [[[[0, 0, 0, 0, 1, 0, 0, 0, 0]]]]


def test_dequantize_scales_each_column_and_adds_its_bias():
    node = g.Linear(name="linear", inputs=("image",), in_channels=1, out_channels=3)
    weight_scale = np.array([1, 2, 0.5], np.float32)
    bias = np.array([0, 1, -1], np.float32)
    layer = Layer(node, np.zeros((1, 3), np.int8), weight_scale, bias, FORMAT)
    found = layer.dequantize(np.array([[4, 4, 4], [-8, 0, 16]], np.int32))

    assert found.dtype == np.float32
    assert found.tolist() == [[1, 3, -0.5], [-2, 1, 1]]
