"""Nodes without layers of their own: the layer of the node before does their work, too."""

from collections.abc import Mapping

from golden.denoising.lowering import IntegerGraph
from golden.difference.layer import WeightedLayer
from golden.integer.elementwise import Sum
from golden.network import nodes as n
from golden.step.tensors import TensorLayout
from golden.vector.descriptor import Size

_BEFORE_TABLES = n.Conv2d | n.Linear | n.GroupNorm | n.LayerNorm | n.Add | n.Multiply | n.Quantize


def tables_at_ends(integer: IntegerGraph) -> dict[str, n.Node]:
    """Tables that end the layer before them, by name, with the node that they end."""
    nodes = {node.name: node for node in integer.nodes}
    found: dict[str, n.Node] = {}
    for node in integer.nodes:
        if not isinstance(node, n.Silu | n.Gelu):
            continue
        source = nodes.get(node.inputs[0])
        if isinstance(source, _BEFORE_TABLES) and _is_alone(integer, node.inputs[0]):
            found[node.name] = source
    return found


def sums_of_products(
    integer: IntegerGraph, layouts: Mapping[str, TensorLayout]
) -> dict[str, n.Node]:
    """Sums of which the array's results can become a part on their way out.

    By the name of the product, the later of the two that are added. The other one is in memory by
    then, in 16 bits.
    """
    order = {node.name: number for number, node in enumerate(integer.nodes)}
    found: dict[str, n.Node] = {}
    for node in integer.nodes:
        if not isinstance(integer.operations[node.name], Sum):
            continue
        earlier, later = sorted(node.inputs, key=lambda name: order.get(name, -1))
        if not isinstance(integer.operations.get(later), WeightedLayer):
            continue
        wide = all(layouts[name].element is Size.BITS_16 for name in node.inputs)
        if earlier != later and wide and _is_alone(integer, later):
            found[later] = node
    return found


def _is_alone(integer: IntegerGraph, name: str) -> bool:
    """Whether a tensor has one consumer."""
    return len(integer.graph.consumers[name]) == 1
