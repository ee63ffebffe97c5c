"""A network as an explicit list of nodes, which every interpreter executes.

NumPy in float (:mod:`golden.floating`), NumPy in integers (:mod:`golden.denoising.denoiser`) and
PyTorch (:mod:`dittosim.training.torch_graph`) run the same graph, so a trained model needs no
conversion.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from golden.network.nodes import ClassEmbedding, MatmulNode, Node, Shape, Sinusoids

MAX_ELEMENTS = 1 << 31
"""Of a tensor, for one image."""
IMAGE = "image"
"""Name of the graph's input: the noisy image, (batch, height, width, channels)."""


class Graph(BaseModel):
    """Nodes in an order in which they can be executed; the last one is the output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nodes: tuple[Node, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _executable(self) -> Self:
        names = {IMAGE, *(node.name for node in self.nodes)}
        sources = {node.name: node.inputs for node in self.nodes}
        known = {IMAGE}
        for node in self.nodes:
            if node.name in known:
                raise ValueError(f"node '{node.name}': the name is used twice")
            for source in node.inputs:
                if source not in names:
                    raise ValueError(f"node '{node.name}': there is no input '{source}'")
                if source not in known:
                    _check_cycle(sources)
                    raise ValueError(
                        f"node '{node.name}': input '{source}' is not computed before it; "
                        "list nodes so that each comes after its inputs"
                    )
            known.add(node.name)
        if self.nodes[-1].name not in self.dynamic:
            raise ValueError(
                f"node '{self.nodes[-1].name}', the last, does not depend on the image"
            )
        return self

    def shapes(self, image: Shape) -> dict[str, Shape]:
        """Shape of every tensor, given the image's; ValueError names the node that does not fit."""
        shapes = {IMAGE: image}
        for node in self.nodes:
            try:
                shapes[node.name] = node.output_shape([shapes[name] for name in node.inputs])
            except ValueError as error:
                raise ValueError(f"node '{node.name}': {node.op}: {error}") from error
        return shapes

    @cached_property
    def dynamic(self) -> frozenset[str]:
        """Names of the tensors that depend on the image: what the accelerator computes.

        All others (embeddings of time and class) the host computes ahead of a step.
        """
        return self._downstream({IMAGE})

    @cached_property
    def changing(self) -> frozenset[str]:
        """Names of the tensors that change from step to step."""
        times = {node.name for node in self.nodes if isinstance(node, Sinusoids)}
        return self._downstream({IMAGE} | times)

    @cached_property
    def consumers(self) -> dict[str, list[Node]]:
        """The nodes that read each tensor."""
        consumers: dict[str, list[Node]] = {IMAGE: []}
        for node in self.nodes:
            for source in node.inputs:
                consumers[source].append(node)
            consumers[node.name] = []
        return consumers

    def matmuls(self) -> Iterator[MatmulNode]:
        """The matrix products of the accelerator, in execution order."""
        for node in self.nodes:
            if isinstance(node, MatmulNode) and node.name in self.dynamic:
                yield node

    @property
    def classes(self) -> int:
        """Classes that can be asked for; 0 if the model is unconditional."""
        embeddings = (node for node in self.nodes if isinstance(node, ClassEmbedding))
        return min((node.classes for node in embeddings), default=0)

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every weight, by ``node.parameter``."""
        return {
            f"{node.name}.{key}": shape
            for node in self.nodes
            for key, shape in node.parameter_shapes().items()
        }

    def _downstream(self, sources: set[str]) -> frozenset[str]:
        found = set(sources)
        for node in self.nodes:
            if not found.isdisjoint(node.inputs):
                found.add(node.name)
        return frozenset(found)


def _check_cycle(sources: Mapping[str, tuple[str, ...]]) -> None:
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        # graphlib lists each node before those that read it.
        raise ValueError(f"nodes form a cycle: {' -> '.join(error.args[1])}") from error
