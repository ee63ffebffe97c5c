"""Multiply-accumulate operations of a network."""

from math import prod

from golden.network.graph import Graph
from golden.network.nodes import AttentionMix, AttentionScores, Conv2d, Linear, Shape


def macs(graph: Graph, image: Shape) -> dict[str, int]:
    """Multiply-accumulates of each matrix product for one image, by node.

    Includes those that the host computes because they do not depend on the image.
    """
    shapes = graph.shapes(image)
    counts: dict[str, int] = {}
    for node in graph.nodes:
        inputs, pixels = [shapes[name] for name in node.inputs], prod(shapes[node.name][:2])
        match node:
            case Conv2d() | Linear():
                counts[node.name] = pixels * prod(node.parameter_shapes()["weight"])
            case AttentionScores() | AttentionMix():
                counts[node.name] = pixels * prod(inputs[1])
    return counts
