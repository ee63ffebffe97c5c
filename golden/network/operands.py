"""Which tensors have 8 bits and which 16, and the conversions between them.

Operands of matrix products and of tables have 8 bits: the array multiplies int8, and a table has
256 entries. All other tensors (the residual stream, the inputs of normalization and softmax, the
output) keep 16, so that sums and means are not taken over rounded values.
"""

from golden.network.graph import Graph
from golden.network.nodes import Gelu, MatmulNode, Node, Quantize, Silu, Unpatchify, Upsample

NARROW, WIDE = 8, 16


def tensor_bits(graph: Graph) -> dict[str, int]:
    """Bits of every tensor: 8 if all nodes that read it need 8, else 16.

    Nodes that only move elements keep the bits of their input.
    """
    bits: dict[str, int] = {}
    for name in reversed(list(graph.consumers)):
        readers = graph.consumers[name]
        narrow = bool(readers) and all(_reads_narrow(node, bits) for node in readers)
        bits[name] = NARROW if narrow else WIDE
    for node in graph.nodes:
        if isinstance(node, Upsample | Unpatchify):
            bits[node.name] = bits[node.inputs[0]]
    return bits


def reads_operands(node: Node) -> bool:
    """Whether a node's inputs need 8 bits."""
    return isinstance(node, MatmulNode | Silu | Gelu)


def with_conversions(graph: Graph) -> Graph:
    """The graph with a :class:`Quantize` node after each 16-bit tensor that an operand needs."""
    bits = tensor_bits(graph)
    nodes: list[Node] = []
    converted: dict[str, str] = {}
    for node in graph.nodes:
        if reads_operands(node) and node.name in graph.dynamic:
            for source in node.inputs:
                if bits[source] == WIDE and source not in converted:
                    converted[source] = f"{source}.int8"
                    nodes.append(Quantize(name=converted[source], inputs=(source,)))
            inputs = tuple(converted.get(source, source) for source in node.inputs)
            node = node.model_copy(update={"inputs": inputs})
        nodes.append(node)
    return Graph(nodes=tuple(nodes))


def _reads_narrow(node: Node, bits: dict[str, int]) -> bool:
    if isinstance(node, Upsample | Unpatchify):
        return bits[node.name] == NARROW
    return reads_operands(node)
