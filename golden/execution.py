"""Runs a graph in NumPy: matrix products through a callable, all else in float32."""

from collections.abc import Callable, Mapping

import numpy as np

from golden import graph as g
from golden import operators
from golden.im2col import im2col

Weights = Mapping[str, np.ndarray]
Matmul = Callable[[g.MatmulNode, np.ndarray], np.ndarray]


def run_graph(
    graph: g.Graph, weights: Weights, image: np.ndarray, time: int, matmul: Matmul
) -> np.ndarray:
    """The graph's output for ``image`` float32 (batch, height, width, channels) at ``time``.

    ``matmul(node, input)`` computes each convolution and fully connected layer.
    """
    values = {g.IMAGE: image}
    for node in graph.nodes:
        inputs = [values[source] for source in node.inputs]
        if isinstance(node, g.MatmulNode):
            values[node.name] = matmul(node, inputs[0])
        else:
            values[node.name] = _run_node(node, weights, inputs, time)
    return values[graph.nodes[-1].name]


def _run_node(node: g.Node, weights: Weights, inputs: list[np.ndarray], time: int) -> np.ndarray:
    own = [weights[f"{node.name}.{key}"] for key in node.parameter_shapes()]
    match node:
        case g.GroupNorm():
            return operators.group_norm(inputs[0], own[0], own[1], node.groups)
        case g.Silu():
            return operators.silu(inputs[0])
        case g.Add():
            return inputs[0] + inputs[1]
        case g.Concat():
            return np.concatenate(inputs, axis=-1)
        case g.Upsample():
            return operators.upsample(inputs[0])
        case g.Attention():
            return operators.attention(inputs[0], node.heads)
        case g.TimeEmbedding():
            return operators.time_embedding(time, node.frequencies, own)
        case g.TimeBias():
            return inputs[0] + (inputs[1] @ own[0] + own[1])[:, None, None]
    raise TypeError(f"{node.op} is not a function between matrix products")


def layer_rows(node: g.MatmulNode, x: np.ndarray, padding_value: int = 0) -> np.ndarray:
    """The rows that a layer multiplies: (batch, out_height, out_width, k), dtype of ``x``."""
    if isinstance(node, g.Conv2d):
        return im2col(x, node.kernel, node.stride, node.padding, padding_value)
    return x


def float_matmul(weights: Weights) -> Matmul:
    """The float32 reference of every layer."""

    def matmul(node: g.MatmulNode, x: np.ndarray) -> np.ndarray:
        rows = layer_rows(node, x)
        weight = weights[f"{node.name}.weight"].reshape(rows.shape[-1], -1)
        return rows @ weight + weights[f"{node.name}.bias"]

    return matmul
