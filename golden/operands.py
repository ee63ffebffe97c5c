"""Which tensors have 8 bits and which 16, and the conversions between them.

Operands of matrix products and of tables have 8 bits: the array multiplies int8, and a table has
256 entries. All other tensors (the residual stream, the inputs of normalization and softmax, the
output) keep 16, so that sums and means are not taken over rounded values.
"""

from golden.graph import Graph
from golden.nodes import Gelu, MatmulNode, Node, Quantize, Silu, Unpatchify, Upsample

NARROW, WIDE = 8, 16


def tensor_bits(graph: Graph) -> dict[str, int]:
    """Bits of every tensor: 8 if all nodes that read it need 8, else 16."""
    bits: dict[str, int] = {}
    for name in reversed(list(graph.consumers)):
        readers = graph.consumers[name]
        narrow = bool(readers) and all(_reads_narrow(node, bits) for node in readers)
        bits[name] = NARROW if narrow else WIDE
    return bits


def with_conversions(graph: Graph) -> Graph:
    """The graph with a :class:`Quantize` node after each 16-bit tensor that an operand needs."""
    bits = tensor_bits(graph)
    nodes: list[Node] = []
    converted: dict[str, str] = {}
    for node in graph.nodes:
        if _is_operand_reader(node):
            for source in node.inputs:
                if bits[source] == WIDE and source not in converted and source in graph.dynamic:
                    converted[source] = f"{source}.int8"
                    nodes.append(Quantize(name=converted[source], inputs=(source,)))
            inputs = tuple(converted.get(source, source) for source in node.inputs)
            node = node.model_copy(update={"inputs": inputs})
        nodes.append(node)
    return Graph(nodes=tuple(nodes))


def _is_operand_reader(node: Node) -> bool:
    return isinstance(node, MatmulNode | Silu | Gelu)


def _reads_narrow(node: Node, bits: dict[str, int]) -> bool:
    if isinstance(node, Upsample | Unpatchify):
        return bits[node.name] == NARROW
    return _is_operand_reader(node)
