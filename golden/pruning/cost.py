"""What a graph costs: multiplications and weights, node by node."""

import math
from typing import NamedTuple

from golden.network.graph import Graph
from golden.network.nodes import Shape, WeightedMatmul


class Cost(NamedTuple):
    """Of a node."""

    macs: int
    """Multiply-accumulates of one image in one step on the accelerator"""
    parameters: int
    """Weights and biases"""


def node_costs(graph: Graph, image: Shape) -> dict[str, Cost]:
    """Cost of each node that has any, given the image's shape.

    Layers of time and class alone, which the host computes, count no MACs.
    """
    shapes = graph.shapes(image)
    lengths = {
        node.name: math.prod(node.parameter_shapes()["weight"][:-1])
        if isinstance(node, WeightedMatmul)
        else shapes[node.inputs[0]][-1] // node.heads
        for node in graph.matmuls()
    }
    costs = {
        node.name: Cost(
            lengths.get(node.name, 0) * math.prod(shapes[node.name]),
            sum(math.prod(shape) for shape in node.parameter_shapes().values()),
        )
        for node in graph.nodes
    }
    return {name: cost for name, cost in costs.items() if any(cost)}


def total_cost(graph: Graph, image: Shape) -> Cost:
    """Of all nodes together."""
    costs = node_costs(graph, image).values()
    return Cost(sum(cost.macs for cost in costs), sum(cost.parameters for cost in costs))
