"""Defo's static analysis: where differences pass from layer to layer, and where sums are needed.

A layer on temporal differences loads its previous input, to form the difference, and its previous
output, to add to it. Neither is needed where the difference itself arrives from the layer before,
or is all that the next layers want. Source: Ditto (HPCA 2025, Defo): full values are needed only
at non-linear functions (normalization, SiLU, GELU, softmax). We add: attention whose operands both
change multiplies each, whole, with the other's difference.

Two rules are offered:

``linear``
    The paper's: only non-linear functions stop a difference.
``exact``
    Rounding to a narrower format stops it as well, because ``round(y' + d)`` is not ``round(y') +
    round(d)``. This is what execution in integers that is equal bit for bit can use: every layer
    needs its sum, and a difference survives only where elements are merely moved.
"""

from dataclasses import dataclass
from typing import Literal

from golden.network.graph import IMAGE, Graph
from golden.network.nodes import AttentionMatmul, MatmulNode, Node, NonLinear, Unpatchify, Upsample

Rule = Literal["linear", "exact"]


@dataclass(frozen=True)
class Link:
    """What a layer on temporal differences needs beside them."""

    previous_inputs: tuple[bool, ...]
    """For each tensor it reads, whether the previous one is loaded to form the difference."""
    sums: bool
    """Whether the previous output is loaded and the sum stored, because a node needs the sum."""


def links(graph: Graph, rule: Rule = "linear") -> dict[str, Link]:
    """The link of every matrix product of the accelerator, by node."""
    by_name = {node.name: node for node in graph.nodes}
    return {
        node.name: Link(
            tuple(
                source in graph.changing
                and (_moving(graph, node) or not _arrives(graph, by_name, source, rule))
                for source in node.inputs
            ),
            _sum_needed(graph, node, rule),
        )
        for node in graph.matmuls()
    }


def _passes(node: Node, rule: Rule) -> bool:
    """Whether a difference passes through a node that is no matrix product."""
    if rule == "exact":
        return isinstance(node, Upsample | Unpatchify)
    return not isinstance(node, NonLinear)


def _arrives(graph: Graph, by_name: dict[str, Node], tensor: str, rule: Rule) -> bool:
    """Whether the tensor's difference comes from the nodes before, without its previous value."""
    if tensor not in graph.changing:
        return True  # its difference is zero
    if tensor == IMAGE or tensor not in graph.dynamic:
        return False  # from the host, which sends values
    node = by_name[tensor]
    if isinstance(node, MatmulNode):
        return rule == "linear"
    return _passes(node, rule) and all(_arrives(graph, by_name, s, rule) for s in node.inputs)


def _sum_needed(graph: Graph, node: Node, rule: Rule) -> bool:
    if rule == "exact":
        return True
    readers = graph.consumers[node.name]
    if not readers:
        return True  # the host's sampler reads the output
    return any(
        _moving(graph, reader)
        if isinstance(reader, MatmulNode)
        else not _passes(reader, rule) or _sum_needed(graph, reader, rule)
        for reader in readers
    )


def _moving(graph: Graph, node: Node) -> bool:
    """Whether both operands change, so that each is needed whole."""
    return isinstance(node, AttentionMatmul) and node.inputs[1] in graph.changing
