"""From the tensors of a checkpoint to those of a graph: names, layouts, parts of modules.

=================  =====================================  ==================================
node               in the checkpoint                      in the graph
=================  =====================================  ==================================
conv2d             weight (out, in, kernel, kernel)       (kernel, kernel, in, out)
linear             weight (parts * out, in)               (in, out), one part of the rows
class_embedding    weight (classes, channels)             (classes, 1, channels)
=================  =====================================  ==================================
"""

import numpy as np

from dittosim.importing.builder import ImportBuilder, Origin
from dittosim.importing.checkpoint import Checkpoint
from golden.network import nodes as n
from golden.network.graph import Graph

COMPUTED = {"pos_embed.pos_embed"}
"""Tensors in older files that diffusers computes anew, and so does the import."""


def graph_weights(
    graph: Graph, builder: ImportBuilder, checkpoint: Checkpoint
) -> dict[str, np.ndarray]:
    """The graph's weights, float32 by ``node.parameter``.

    Raises DittosimError for a tensor that is missing, wrong, or that nothing asks for.
    """
    weights: dict[str, np.ndarray] = {}
    for node in graph.nodes:
        for kind, shape in node.parameter_shapes().items():
            name = f"{node.name}.{kind}"
            if name in builder.constants:
                weights[name] = builder.constants[name]
            else:
                origin = builder.origins.get(node.name, Origin((node.name,)))
                weights[name] = _parameter(node, kind, shape, origin, checkpoint)
    checkpoint.check_all_read(COMPUTED)
    return weights


def _parameter(
    node: n.Node, kind: str, shape: tuple[int, ...], origin: Origin, checkpoint: Checkpoint
) -> np.ndarray:
    if kind == "bias" and not origin.biased:
        return np.full(shape, origin.offset, np.float32)
    names = [f"{module}.{kind}" for module in origin.modules]
    name = next((name for name in names if name in checkpoint), names[0])
    match node, kind:
        case n.Conv2d(), "weight":
            stored = checkpoint.tensor(name, (shape[3], shape[2], shape[0], shape[1]))
            return np.ascontiguousarray(stored.transpose(2, 3, 1, 0))
        case n.Linear(), "weight":
            stored = checkpoint.tensor(name, (origin.parts * shape[1], shape[0]))
            return np.ascontiguousarray(np.split(stored, origin.parts)[origin.part].T)
        case n.Linear(), "bias":
            stored = checkpoint.tensor(name, (origin.parts * shape[0],))
            return np.split(stored, origin.parts)[origin.part] + np.float32(origin.offset)
        case n.ClassEmbedding(), _:
            return checkpoint.tensor(name, (shape[0], shape[2])).reshape(shape)
        case _:
            return checkpoint.tensor(name, shape)
