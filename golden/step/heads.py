"""Which tensors of attention lie head by head, so that products take a head as it lies."""

from golden.network.graph import Graph
from golden.network.nodes import AttentionMix, AttentionScores, Softmax


def heads_apart(graph: Graph) -> dict[str, int]:
    """Heads of scores and of their softmax, where nothing but attention reads either."""
    scores = {node.name: node for node in graph.nodes if isinstance(node, AttentionScores)}
    found: dict[str, int] = {}
    for node in graph.nodes:
        if not isinstance(node, Softmax) or node.inputs[0] not in scores:
            continue
        source, readers = scores[node.inputs[0]], graph.consumers[node.name]
        alone = len(graph.consumers[source.name]) == 1 and source.heads == node.heads
        mixed = all(
            isinstance(reader, AttentionMix)
            and reader.heads == node.heads
            and reader.inputs[0] == node.name != reader.inputs[1]
            for reader in readers
        )
        if alone and mixed and readers:
            found |= {source.name: node.heads, node.name: node.heads}
    return found
