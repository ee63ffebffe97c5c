"""Bytes that a layer moves between memory and the machine in one step of one image.

Weights and tensors are moved once per layer and step. Inputs have one byte per element, outputs
those of their format (requantization happens on the way out), accumulators four. The accounting
of the modes follows Ditto (HPCA 2025, Defo): temporal differences also load the previous input
and the previous accumulators, and store the sums for the next step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod

from golden.difference.matmul import Mode
from golden.flow.dataflow import Link
from golden.formats.quantization import TensorFormat
from golden.network.graph import Graph
from golden.network.nodes import MatmulNode, Shape, WeightedMatmul

ACCUMULATOR_BYTES = 4


@dataclass(frozen=True)
class Traffic:
    """Bytes by kind."""

    weights: int = 0
    inputs: int = 0
    outputs: int = 0
    previous_inputs: int = 0
    """Loaded to form differences"""
    previous_sums: int = 0
    """Accumulators loaded to be added to"""
    sums: int = 0
    """Accumulators stored for the next step"""

    @property
    def total(self) -> int:
        """All bytes."""
        return sum(getattr(self, field.name) for field in fields(self))

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


EVERYTHING = Link((True, True), True)
"""Without static analysis, a layer loads its previous inputs and sums."""


def layer_traffic(
    node: MatmulNode,
    shapes: Mapping[str, Shape],
    formats: Mapping[str, TensorFormat],
    mode: Mode,
    *,
    link: Link = EVERYTHING,
    keeps: bool = False,
) -> Traffic:
    """Bytes of one layer in one step.

    ``shapes`` and ``formats`` are those of the graph's tensors. ``link`` tells what temporal
    differences need, ``keeps`` that the next step runs on them, so that sums must be stored.
    """
    sizes = [prod(shapes[name]) for name in node.inputs]
    outputs = prod(shapes[node.name])
    weights = 0
    if isinstance(node, WeightedMatmul):
        weights = prod(node.parameter_shapes()["weight"])
    temporal = mode is Mode.TEMPORAL
    return Traffic(
        weights=weights,
        inputs=sum(sizes),
        outputs=outputs * formats[node.name].bits // 8,
        previous_inputs=temporal
        * sum(size for size, needed in zip(sizes, link.previous_inputs, strict=False) if needed),
        previous_sums=temporal * link.sums * outputs * ACCUMULATOR_BYTES,
        sums=keeps * link.sums * outputs * ACCUMULATOR_BYTES,
    )


def step_traffic(
    graph: Graph,
    image_shape: Shape,
    formats: Mapping[str, TensorFormat],
    modes: Mapping[str, Sequence[Mode]],
    links: Mapping[str, Link] | None = None,
) -> dict[tuple[str, int], Traffic]:
    """Bytes of every layer and step of a run, by layer and step.

    ``modes`` are each layer's, step by step; ``links`` come from :mod:`golden.flow.dataflow`.
    """
    shapes = graph.shapes(image_shape)
    found = {}
    for node in graph.matmuls():
        run = modes[node.name]
        for step, mode in enumerate(run):
            found[node.name, step] = layer_traffic(
                node,
                shapes,
                formats,
                # There is nothing before the first step to take differences from.
                mode if step else Mode.ACT,
                link=links[node.name] if links else EVERYTHING,
                keeps=step + 1 < len(run) and run[step + 1] is Mode.TEMPORAL,
            )
    return found
