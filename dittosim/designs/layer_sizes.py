"""Sizes of a workload's products, as tiles see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from golden.network.nodes import AttentionMix, AttentionScores, Conv2d, Linear
from golden.workload.workload import Workload


@dataclass(frozen=True)
class LayerSize:
    """Equal products: ``count`` of (rows, taps * channels) @ (taps * channels, columns)."""

    rows: int
    taps: int
    channels: int
    columns: int
    count: int = 1

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all of them."""
        return self.count * self.rows * self.taps * self.channels * self.columns


def layer_sizes(workload: Workload) -> Iterator[LayerSize]:
    """Of one image, those that the host computes left out."""
    graph, layers = workload.description.graph, workload.layers()
    shapes = graph.shapes(workload.description.image_shape)
    for node in graph.nodes:
        if node.name not in layers:
            continue
        inputs, shape = [shapes[name] for name in node.inputs], shapes[node.name]
        pixels = prod(shape[:2])
        match node:
            case Conv2d():
                channels = inputs[0][-1]
                k = prod(node.parameter_shapes()["weight"]) // shape[-1]
                yield LayerSize(pixels, k // channels, channels, shape[-1])
            case Linear():
                yield LayerSize(pixels, 1, inputs[0][-1], shape[-1])
            case AttentionScores():
                size = inputs[0][-1] // node.heads
                yield LayerSize(pixels, 1, size, prod(inputs[1][:2]), node.heads)
            case AttentionMix():
                tokens, size = prod(inputs[1][:2]), inputs[1][-1] // node.heads
                yield LayerSize(pixels, 1, tokens, size, node.heads)
