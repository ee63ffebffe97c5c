"""Which layers of a graph can lose output channels, and what then loses them with it."""

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from golden.network.graph import Graph
from golden.network.nodes import (
    Add,
    Conv2d,
    Gelu,
    GroupNorm,
    Linear,
    Multiply,
    Quantize,
    Silu,
    Upsample,
    WeightedMatmul,
)


@dataclass(frozen=True)
class PrunableLayer:
    """A layer whose channels flow only through channel-wise nodes into other layers."""

    layer: WeightedMatmul
    norms: tuple[GroupNorm, ...]
    """Normalization on the way, the nearest first"""
    vectors: tuple[Linear, ...]
    """Layers of time or class alone whose vector is added or multiplied on the way"""
    readers: tuple[WeightedMatmul, ...]
    """Layers that lose input channels"""

    @property
    def filters(self) -> int:
        """Output channels of the layer."""
        return self.layer.out_channels

    @property
    def groups(self) -> int:
        """Equal parts of the filters, each of which must keep the same number.

        A group of normalization then stays a group of the same channels, less those removed.
        """
        return math.lcm(*(norm.groups for norm in self.norms))


class Prunability(NamedTuple):
    """What can be done to the matrix products with weights."""

    layers: dict[str, PrunableLayer]
    """Those that can be pruned, by name, in execution order"""
    obstacles: dict[str, str]
    """Why the others cannot"""


def prunability(graph: Graph) -> Prunability:
    """Follows the channels of each convolution and linear layer that the accelerator computes.

    In residual networks these are the inner layers of the blocks, as in the paper: what enters a
    sum with another tensor keeps its shape.
    """
    found = Prunability({}, {})
    for node in graph.matmuls():
        if isinstance(node, WeightedMatmul):
            try:
                found.layers[node.name] = _followed(graph, node)
            except ValueError as error:
                found.obstacles[node.name] = str(error)
    return found


def _followed(graph: Graph, layer: WeightedMatmul) -> PrunableLayer:
    if layer.out_channels == 1:
        raise ValueError("has one filter")
    norms: list[GroupNorm] = []
    vectors: list[Linear] = []
    readers: list[WeightedMatmul] = []
    waiting = deque([layer.name])
    while waiting:
        source = waiting.popleft()
        if source == graph.nodes[-1].name:
            raise ValueError("reaches the output")
        for node in graph.consumers[source]:
            match node:
                case Conv2d() | Linear():
                    readers.append(node)
                    continue
                case GroupNorm():
                    norms.append(node)
                case Add() | Multiply():
                    vectors.append(_vector(graph, node, source))
                case Silu() | Gelu() | Quantize() | Upsample():
                    pass
                case _:
                    raise ValueError(f"reaches {node.op} '{node.name}'")
            waiting.append(node.name)
    found = PrunableLayer(layer, tuple(norms), tuple(vectors), tuple(readers))
    if found.groups == layer.out_channels:
        raise ValueError("has as many normalization groups as channels")
    return found


def _vector(graph: Graph, node: Add | Multiply, source: str) -> Linear:
    """The layer that makes the vector which ``node`` combines ``source`` with."""
    first, second = node.inputs
    if first != source or second in graph.dynamic:
        raise ValueError(f"reaches {node.op} '{node.name}' with another tensor")
    (producer,) = (each for each in graph.nodes if each.name == second)
    if not isinstance(producer, Linear) or graph.consumers[second] != [node]:
        raise ValueError(f"meets '{second}', which is no linear layer of its own")
    return producer
