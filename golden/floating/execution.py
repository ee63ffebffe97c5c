"""Runs a graph in NumPy's floating point: the reference that quantization is judged by."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from golden.floating import operators
from golden.formats.im2col import im2col
from golden.formats.rearrange import concatenate, unpatchify, upsample
from golden.network import nodes as n
from golden.network.graph import IMAGE, Graph

Weights = Mapping[str, np.ndarray]
Observer = Callable[[str, np.ndarray], None]


def run_graph(
    graph: Graph,
    weights: Weights,
    image: np.ndarray,
    time: int,
    labels: np.ndarray | None = None,
    observer: Observer | None = None,
) -> np.ndarray:
    """The graph's output for ``image`` float32 (batch, height, width, channels) at ``time``.

    ``labels`` int (batch,) are the classes asked for. ``observer(name, tensor)`` sees the image
    and every node's tensor; vectors of the time alone have a batch of one.
    """
    values = {IMAGE: image}
    if observer:
        observer(IMAGE, image)
    for node in graph.nodes:
        inputs = [values[source] for source in node.inputs]
        tensor = run_node(node, weights, inputs, time, labels)
        # The sinusoids come in float64.
        values[node.name] = tensor.astype(image.dtype, copy=False)
        if observer:
            observer(node.name, values[node.name])
    return values[graph.nodes[-1].name]


def run_static(
    graph: Graph, weights: Weights, names: Iterable[str], time: int, labels: np.ndarray | None
) -> dict[str, np.ndarray]:
    """The tensors that do not depend on the image and that ``names`` asks for, in float64.

    Float64 so that their rounding to integers is the same wherever they are computed.
    """
    values: dict[str, np.ndarray] = {}
    for node in graph.nodes:
        if node.name not in graph.dynamic:
            own = {
                f"{node.name}.{key}": weights[f"{node.name}.{key}"].astype(np.float64)
                for key in node.parameter_shapes()
            }
            values[node.name] = run_node(node, own, [values[s] for s in node.inputs], time, labels)
    return {name: values[name] for name in names}


def run_node(
    node: n.Node,
    weights: Weights,
    inputs: list[np.ndarray],
    time: int,
    labels: np.ndarray | None = None,
) -> np.ndarray:
    """One node's tensor, in the precision of ``inputs`` and ``weights``."""
    own = [weights[f"{node.name}.{key}"] for key in node.parameter_shapes()]
    match node:
        case n.Conv2d() | n.Linear():
            rows = layer_rows(node, inputs[0])
            return rows @ own[0].reshape(rows.shape[-1], -1) + own[1]
        case n.AttentionScores():
            return operators.attention_scores(inputs[0], inputs[1], node.heads)
        case n.AttentionMix():
            return operators.attention_mix(inputs[0], inputs[1], node.heads)
        case n.Softmax():
            return operators.softmax(inputs[0], node.heads)
        case n.GroupNorm():
            normed = operators.group_norm(inputs[0], node.groups, node.epsilon)
            return normed * own[0] + own[1]
        case n.LayerNorm():
            normed = operators.layer_norm(inputs[0], node.epsilon)
            return normed * own[0] + own[1] if node.affine else normed
        case n.Silu():
            return operators.silu(inputs[0])
        case n.Gelu():
            return operators.gelu(inputs[0], node.approximate)
        case n.Add():
            return inputs[0] + inputs[1]
        case n.Multiply():
            return inputs[0] * inputs[1]
        case n.Concat():
            return concatenate(*inputs)
        case n.Upsample():
            return upsample(inputs[0])
        case n.Unpatchify():
            return unpatchify(inputs[0], node.patch)
        case n.Quantize():
            return inputs[0]
        case n.Sinusoids():
            return operators.sinusoids(time, node.frequencies, node.cosine_first, node.shift)
        case n.ClassEmbedding():
            if labels is None:
                raise ValueError(f"node '{node.name}' needs the classes asked for")
            return own[0][labels][:, None]
        case n.Constant():
            return own[0][None]


def layer_rows(node: n.WeightedMatmul, x: np.ndarray, padding_value: int = 0) -> np.ndarray:
    """The rows that a layer multiplies: (batch, out_height, out_width, k), dtype of ``x``."""
    if isinstance(node, n.Conv2d):
        return im2col(x, node.kernel, node.stride, node.padding, padding_value, node.trailing)
    return x
