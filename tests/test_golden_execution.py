import naive
import numpy as np
import pytest

from golden import graph as g
from golden.execution import float_matmul, run_graph


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(1, 1, 0), (3, 2, 1), (2, 1, 0)])
def test_float_convolution_equals_naive(kernel, stride, padding):
    # Small integers, so that the float32 sums are exact.
    rng = np.random.default_rng(0)
    image = rng.integers(-8, 8, (2, 5, 6, 3), dtype=np.int8)
    weight = rng.integers(-8, 8, (kernel, kernel, 3, 4), dtype=np.int8)
    bias = np.arange(4, dtype=np.float32)
    node = g.Conv2d(
        name="conv",
        inputs=(g.IMAGE,),
        in_channels=3,
        out_channels=4,
        kernel=kernel,
        stride=stride,
        padding=padding,
    )
    weights = {"conv.weight": weight.astype(np.float32), "conv.bias": bias}
    found = float_matmul(weights)(node, image.astype(np.float32))

    assert found.dtype == np.float32
    np.testing.assert_array_equal(
        found, naive.convolution(image, weight, stride, padding, 0) + bias
    )


def test_nodes_get_their_own_inputs():
    graph = g.Graph(
        nodes=(
            g.TimeEmbedding(name="time", inputs=(), frequencies=1, width=2),
            g.TimeBias(name="shifted", inputs=(g.IMAGE, "time"), width=2, channels=1),
            g.Linear(name="linear", inputs=("shifted",), in_channels=1, out_channels=1),
            g.Concat(name="both", inputs=("linear", g.IMAGE)),
            g.Upsample(name="large", inputs=("both",)),
            g.Add(name="sum", inputs=("large", "large")),
        )
    )
    weights = {
        name: np.zeros(shape, np.float32) for name, shape in graph.parameter_shapes().items()
    }
    weights["shifted.bias"][:] = 5
    image = np.array([1, 2, 3], np.float32).reshape(1, 1, 3, 1)
    seen = []

    def matmul(node: g.MatmulNode, x: np.ndarray) -> np.ndarray:
        seen.append((node.name, x.ravel().tolist()))
        return 100 * x

    found = run_graph(graph, weights, image, 7, matmul)
    assert seen == [("linear", [6, 7, 8])]
    row = [[1200, 2], [1200, 2], [1400, 4], [1400, 4], [1600, 6], [1600, 6]]
    assert found.tolist() == [[row, row]]
