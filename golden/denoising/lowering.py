"""From a trained graph and its formats to integer operations, one per node."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from golden.difference.layer import AttentionLayer, NodeLayer, WeightedLayer
from golden.floating import operators
from golden.floating.execution import Weights
from golden.formats.quantization import TensorFormat
from golden.formats.rearrange import unpatchify, upsample
from golden.integer.elementwise import Concatenation, Product, Sum, Table
from golden.integer.fixed_point import Requantization
from golden.integer.normalization import Normalization
from golden.integer.softmax import Softmax
from golden.network import nodes as n
from golden.network.graph import IMAGE, Graph

Operation = Callable[..., np.ndarray]
"""Takes the integers of its input tensors, returns those of its own."""


@dataclass(frozen=True)
class IntegerGraph:
    """What runs in integers: the nodes that depend on the image, each with its operation."""

    graph: Graph
    formats: Mapping[str, TensorFormat]
    nodes: tuple[n.Node, ...]
    operations: Mapping[str, NodeLayer | Operation]
    static_inputs: tuple[str, ...]
    """Tensors that the host computes for a step, because they do not depend on the image."""
    last_reader: Mapping[str, str]
    """The node after which a tensor is no longer needed."""

    @classmethod
    def lowered(
        cls,
        graph: Graph,
        formats: Mapping[str, TensorFormat],
        weights: Weights,
        image_shape: n.Shape,
    ) -> "IntegerGraph":
        """Quantizes the weights and derives every constant of the integer operations."""
        shapes = graph.shapes(image_shape)
        nodes = tuple(node for node in graph.nodes if node.name in graph.dynamic)
        operations: dict[str, NodeLayer | Operation] = {}
        last_reader: dict[str, str] = {}
        for node in nodes:
            moving = any(source in graph.changing for source in node.inputs[1:])
            inputs = [shapes[name] for name in node.inputs]
            sources = [formats[name] for name in node.inputs]
            try:
                operations[node.name] = _operation(
                    node, weights, sources, formats[node.name], inputs, moving
                )
            except ValueError as error:
                raise ValueError(f"node '{node.name}': {error}") from error
            last_reader.update(dict.fromkeys(node.inputs, node.name))
        static = static_inputs(graph)
        return cls(graph, formats, nodes, operations, static, last_reader)

    def layers(self) -> dict[str, NodeLayer]:
        """The matrix products by name, in execution order."""
        return {name: op for name, op in self.operations.items() if isinstance(op, NodeLayer)}


def static_inputs(graph: Graph) -> tuple[str, ...]:
    """Tensors that do not depend on the image, but that a node reads which does."""
    read = {
        source: None
        for node in graph.nodes
        if node.name in graph.dynamic
        for source in node.inputs
        if source not in graph.dynamic
    }
    return tuple(read)


def tensors_with_formats(graph: Graph) -> list[str]:
    """The image, all that depends on it, and the static tensors that such nodes read."""
    static = set(static_inputs(graph))
    names = (node.name for node in graph.nodes)
    return [IMAGE, *(name for name in names if name in graph.dynamic or name in static)]


def _operation(
    node: n.Node,
    weights: Weights,
    sources: list[TensorFormat],
    target: TensorFormat,
    shapes: list[n.Shape],
    moving: bool,
) -> NodeLayer | Operation:
    match node:
        case n.Conv2d() | n.Linear():
            return WeightedLayer.quantized(node, weights, sources[0], target)
        case n.AttentionScores() | n.AttentionMix():
            return AttentionLayer.quantized(node, sources, target, shapes, moving)
        case n.GroupNorm() | n.LayerNorm():
            affine = not isinstance(node, n.LayerNorm) or node.affine
            weight = weights[f"{node.name}.weight"] if affine else np.ones(node.channels)
            bias = weights[f"{node.name}.bias"] if affine else np.zeros(node.channels)
            over_pixels = isinstance(node, n.GroupNorm)
            groups = node.groups if isinstance(node, n.GroupNorm) else 1
            return Normalization(
                groups, over_pixels, node.epsilon, weight, bias, sources[0], target
            )
        case n.Softmax():
            return Softmax(node.heads, sources[0], target)
        case n.Silu():
            return Table.of(operators.silu, sources[0], target)
        case n.Gelu():
            gelu = partial(operators.gelu, approximate=node.approximate)
            return Table.of(gelu, sources[0], target)
        case n.Add():
            return Sum(sources[0], sources[1], target)
        case n.Multiply():
            return Product(sources[0], sources[1], target)
        case n.Concat():
            return Concatenation(sources[0], sources[1], target)
        case n.Quantize():
            return Requantization.between(sources[0], target)
        case n.Upsample():
            return upsample
        case n.Unpatchify():
            return partial(unpatchify, patch=node.patch)
    raise TypeError(f"{node.op} does not depend on the image")
