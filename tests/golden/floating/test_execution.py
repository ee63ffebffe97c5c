import numpy as np
import pytest

from golden.floating.execution import run_graph, run_node, run_static
from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.unet import unet
from tests.helpers import naive


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(1, 1, 0), (3, 2, 1), (2, 1, 0)])
def test_convolution_equals_naive(kernel, stride, padding):
    # Small integers, so that the float32 sums are exact.
    rng = np.random.default_rng(0)
    image = rng.integers(-8, 8, (2, 5, 6, 3), dtype=np.int8)
    weight = rng.integers(-8, 8, (kernel, kernel, 3, 4), dtype=np.int8)
    bias = np.arange(4, dtype=np.float32)
    node = n.Conv2d(
        name="conv",
        inputs=(IMAGE,),
        in_channels=3,
        out_channels=4,
        kernel=kernel,
        stride=stride,
        padding=padding,
    )
    weights = {"conv.weight": weight.astype(np.float32), "conv.bias": bias}
    found = run_node(node, weights, [image.astype(np.float32)], 0)

    assert found.dtype == np.float32
    np.testing.assert_array_equal(
        found, naive.convolution(image, weight, stride, padding, 0) + bias
    )


def run(node: n.Node, *inputs: np.ndarray, **weights: np.ndarray) -> list:
    named = {f"{node.name}.{key}": np.array(value, float) for key, value in weights.items()}
    return run_node(node, named, [np.array(x, float) for x in inputs], 0).tolist()


def test_linear():
    node = n.Linear(name="node", inputs=(IMAGE,), in_channels=2, out_channels=3)
    weight, bias = [[1, 2, 3], [10, 20, 30]], [0.5, 0, -1]
    assert run(node, [[[[1, 1], [0, 2]]]], weight=weight, bias=bias) == [
        [[[11.5, 22, 32], [20.5, 40, 59]]]
    ]


def test_elementwise():
    image, vector = [[[[1, 2], [3, 4]]]], [[[[10, 100]]]]
    both = (IMAGE, "vector")
    assert run(n.Add(name="node", inputs=both), image, vector) == [[[[11, 102], [13, 104]]]]
    assert run(n.Multiply(name="node", inputs=both), image, vector) == [[[[10, 200], [30, 400]]]]
    assert run(n.Concat(name="node", inputs=both), vector, vector) == [[[[10, 100, 10, 100]]]]
    assert run(n.Quantize(name="node", inputs=(IMAGE,)), image) == image


def test_norms_scale_and_shift_each_channel():
    image = [[[[-1, 1, -3, 3]]]]
    weight, bias = [1, 2, 3, 4], [0, 0, 100, 200]
    source = {"name": "node", "inputs": (IMAGE,), "channels": 4, "epsilon": 1e-12}
    group = n.GroupNorm(groups=2, **source)
    np.testing.assert_allclose(
        run(group, image, weight=weight, bias=bias), [[[[-1, 2, 97, 204]]]], rtol=1e-6
    )
    unit = 5**-0.5
    layer = run(n.LayerNorm(**source), image, weight=weight, bias=bias)
    np.testing.assert_allclose(
        layer, [[[[-unit, 2 * unit, 100 - 9 * unit, 200 + 12 * unit]]]], rtol=1e-6
    )
    plain = run(n.LayerNorm(affine=False, **source), image)
    np.testing.assert_allclose(plain, [[[[-unit, unit, -3 * unit, 3 * unit]]]], rtol=1e-6)


def test_embeddings_depend_on_the_class_alone():
    node = n.ClassEmbedding(name="node", classes=3, tokens=2, channels=1)
    weight = np.arange(6, dtype=np.float32).reshape(3, 2, 1)
    found = run_node(node, {"node.weight": weight}, [], 5, np.array([2, 0, 2]))
    assert found.tolist() == [[[[4], [5]]], [[[0], [1]]], [[[4], [5]]]]
    with pytest.raises(ValueError, match="node 'node' needs the classes asked for"):
        run_node(node, {"node.weight": weight}, [], 5)


def test_nodes_get_their_own_inputs():
    graph = Graph(
        nodes=(
            n.Constant(name="constant", shape=(1, 1, 1)),
            n.Add(name="shifted", inputs=(IMAGE, "constant")),
            n.Multiply(name="product", inputs=("shifted", IMAGE)),
            n.Concat(name="both", inputs=("product", IMAGE)),
            n.Upsample(name="large", inputs=("both",)),
            n.Add(name="sum", inputs=("large", "large")),
        )
    )
    image = np.array([1, 2, 3], np.float32).reshape(1, 1, 3, 1)
    seen = {}
    found = run_graph(
        graph,
        {"constant.value": np.full((1, 1, 1), 5, np.float32)},
        image,
        7,
        observer=lambda name, tensor: seen.setdefault(name, tensor),
    )
    row = [[12, 2], [12, 2], [28, 4], [28, 4], [48, 6], [48, 6]]
    assert found.tolist() == [[row, row]]
    assert list(seen) == [IMAGE, *(node.name for node in graph.nodes)]
    assert seen[IMAGE] is image
    assert seen["shifted"].ravel().tolist() == [6, 7, 8]
    assert seen["sum"] is found
    assert {tensor.dtype for tensor in seen.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("graph", "names"),
    [
        (unet(8, 8, width=8, groups=4, classes=3), ["encoder.time", "cross.key", "cross.value"]),
        (
            dit(8, 8, depth=1, patch=4, heads=2, classes=3),
            ["position", "block0.attended.gate", "head.shift"],
        ),
    ],
    ids=["unet", "dit"],
)
def test_static_tensors_are_those_of_the_whole_graph(graph, names):
    rng = np.random.default_rng(0)
    weights = {
        name: rng.standard_normal(shape).astype(np.float32)
        for name, shape in graph.parameter_shapes().items()
    }
    labels = np.array([2, 0])
    seen = {}
    image = rng.standard_normal((2, 8, 8, 1)).astype(np.float32)
    run_graph(graph, weights, image, 300, labels, lambda name, x: seen.update({name: x}))
    found = run_static(graph, weights, names, 300, labels)

    assert list(found) == names
    for name, tensor in found.items():
        assert tensor.dtype == np.float64
        np.testing.assert_allclose(tensor, seen[name], rtol=1e-4, atol=1e-4)
