"""Builds the graph of a diffusers model; nodes are named after the modules they stand for."""

from dataclasses import dataclass

import numpy as np

from golden.network.builder import Builder
from golden.network.nodes import (
    ClassEmbedding,
    Constant,
    GroupNorm,
    LayerNorm,
    Linear,
    Multiply,
    Node,
    Sinusoids,
)

MAX_NODES = 100_000
"""Of a graph; Stable Diffusion has 1,200."""


@dataclass(frozen=True)
class Origin:
    """Where a checkpoint holds the parameters of a node."""

    modules: tuple[str, ...]
    """The module, under the names it has had over the years"""
    part: int = 0
    parts: int = 1
    """The node is one of so many equal parts of the module's output."""
    offset: float = 0.0
    """Added to the bias"""
    biased: bool = True
    """Whether there is a bias; zeros if not"""


class ImportBuilder(Builder):
    """Collects nodes, and where their parameters come from."""

    def __init__(self) -> None:
        super().__init__()
        self.origins: dict[str, Origin] = {}
        """By node, where not the module of the node's name"""
        self.constants: dict[str, np.ndarray] = {}
        """Tensors that no checkpoint holds, by node.parameter"""

    def add(self, node: Node) -> str:
        """Any node; ValueError if there are too many."""
        if len(self.nodes) >= MAX_NODES:
            raise ValueError(f"the model has more than {MAX_NODES:,} operations")
        return super().add(node)

    def linear_part(self, name: str, source: str, cin: int, cout: int, origin: Origin) -> str:
        """Fully connected layer that is only a part of a module."""
        self.origins[name] = origin
        return self.add(Linear(name=name, inputs=(source,), in_channels=cin, out_channels=cout))

    def group_norm(self, name: str, source: str, channels: int, groups: int, epsilon: float) -> str:
        """Group normalization."""
        return self.add(
            GroupNorm(
                name=name, inputs=(source,), channels=channels, groups=groups, epsilon=epsilon
            )
        )

    def layer_norm(
        self, name: str, source: str, channels: int, epsilon: float, *, affine: bool = True
    ) -> str:
        """Layer normalization."""
        return self.add(
            LayerNorm(
                name=name, inputs=(source,), channels=channels, epsilon=epsilon, affine=affine
            )
        )

    def product(self, name: str, first: str, second: str) -> str:
        """Elementwise product."""
        return self.add(Multiply(name=name, inputs=(first, second)))

    def constant(self, name: str, value: np.ndarray) -> str:
        """A tensor (height, width, channels) that never changes."""
        self.constants[f"{name}.value"] = value.astype(np.float32)
        height, width, channels = value.shape
        return self.add(Constant(name=name, shape=(height, width, channels)))

    def sinusoids(self, name: str, channels: int, *, cosine_first: bool, shift: float) -> str:
        """Sine and cosine of the time, ``channels`` in all."""
        return self.add(
            Sinusoids(name=name, frequencies=channels // 2, cosine_first=cosine_first, shift=shift)
        )

    def time_mlp(self, name: str, source: str, cin: int, width: int) -> str:
        """Two fully connected layers with SiLU between (TimestepEmbedding)."""
        hidden = self.linear(f"{name}.linear_1", source, cin, width)
        hidden = self.silu(f"{name}.act", hidden)
        return self.linear(f"{name}.linear_2", hidden, width, width)

    def class_embedding(self, name: str, classes: int, channels: int) -> str:
        """One learned vector for each class."""
        return self.add(ClassEmbedding(name=name, classes=classes, channels=channels))

    def attend(
        self,
        name: str,
        source: str,
        context: str,
        channels: int,
        context_channels: int,
        heads: int,
        *,
        biased: bool,
    ) -> str:
        """Attention with its four projections; ``biased`` says if the first three have a bias."""
        for node in ("query", "key", "value"):
            modules = (f"{name}.to_{node[0]}", f"{name}.{node}")
            self.origins[f"{name}.{node}"] = Origin(modules, biased=biased)
        self.origins[f"{name}.project"] = Origin((f"{name}.to_out.0", f"{name}.proj_attn"))
        return self.attention(name, source, context, channels, context_channels, heads)
