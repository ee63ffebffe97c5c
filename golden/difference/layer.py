"""The matrix products of a denoiser as layers: their operands, and what becomes of their sums."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from golden.floating.execution import Weights, layer_rows
from golden.formats.quantization import TensorFormat, quantize_weights
from golden.formats.rearrange import merge_heads, split_heads
from golden.integer.fixed_point import Requantization
from golden.network import nodes as n

BIAS_BITS = 30
"""A bias is at most this many bits in units of the accumulator."""


class Operands(NamedTuple):
    """Of ``first @ second``."""

    first: np.ndarray
    """int8 (count, rows, k)"""
    second: np.ndarray
    """int8 (k, columns), or (count, k, columns) if each product has its own"""


@dataclass(frozen=True)
class Layer(ABC):
    """A matrix product as the array sees it, ``(first - zero_point) @ second``."""

    name: str
    k: int
    """Length of a row"""
    columns: int
    zero_point: int
    """Of the first operand; the second has none."""

    @property
    @abstractmethod
    def moving(self) -> bool:
        """Whether the second operand changes from step to step, and takes part in differences."""


@dataclass(frozen=True)
class NodeLayer(Layer):
    """A node of a graph as a layer: from the tensors that it reads to its own."""

    requantization: Requantization
    """Of the accumulators"""

    @abstractmethod
    def operands(self, inputs: list[np.ndarray]) -> Operands:
        """The operands in the tensors that the node reads."""

    @abstractmethod
    def output(self, accumulators: np.ndarray, inputs: list[np.ndarray]) -> np.ndarray:
        """The node's tensor from int32 accumulators (count, rows, columns)."""


@dataclass(frozen=True)
class WeightedLayer(NodeLayer):
    """A convolution or fully connected layer."""

    node: n.WeightedMatmul
    weights: np.ndarray
    """int8 (k, columns)"""

    moving = False

    @classmethod
    def quantized(
        cls,
        node: n.WeightedMatmul,
        weights: Weights,
        source: TensorFormat,
        target: TensorFormat,
    ) -> "WeightedLayer":
        """The layer with its float32 weights quantized per output channel."""
        bias = weights[f"{node.name}.bias"].astype(np.float64)
        least_scale = np.abs(bias) / (source.scale * 2**BIAS_BITS)
        integer, scale = quantize_weights(weights[f"{node.name}.weight"], least_scale)
        matrix = integer.reshape(-1, integer.shape[-1])
        unit = scale.astype(np.float64) * source.scale
        requantization = Requantization.of(unit, target, np.rint(bias / unit).astype(np.int64))
        return cls(
            node.name, *matrix.shape, source.zero_point, requantization, node=node, weights=matrix
        )

    def operands(self, inputs: list[np.ndarray]) -> Operands:
        """One row per output pixel; count is the batch."""
        rows = layer_rows(self.node, inputs[0], self.zero_point)
        return Operands(np.ascontiguousarray(rows.reshape(len(rows), -1, self.k)), self.weights)

    def output(self, accumulators: np.ndarray, inputs: list[np.ndarray]) -> np.ndarray:
        """Bias added, requantized: (batch, height, width, columns)."""
        _, height, width, _ = inputs[0].shape
        height, width, _ = self.node.output_shape([(height, width, inputs[0].shape[-1])])
        return self.requantization(accumulators).reshape(-1, height, width, self.columns)


@dataclass(frozen=True)
class AttentionLayer(NodeLayer):
    """Attention scores or mix: one product per image and head, of two tensors."""

    heads: int
    transposed: bool
    """Whether the second operand is the second tensor transposed (scores)"""
    changing: bool
    """Whether the second tensor changes from step to step (not in cross attention)"""

    @property
    def moving(self) -> bool:
        """As ``changing``."""
        return self.changing

    @classmethod
    def quantized(
        cls,
        node: n.AttentionMatmul,
        sources: list[TensorFormat],
        target: TensorFormat,
        shapes: list[n.Shape],
        changing: bool,
    ) -> "AttentionLayer":
        """The layer between formats with zero point 0; ``shapes`` are those of its inputs."""
        (height, width, channels), scores = shapes[1], isinstance(node, n.AttentionScores)
        tokens, size = height * width, channels // node.heads
        unit = sources[0].scale * sources[1].scale * (size**-0.5 if scores else 1.0)
        k, columns = (size, tokens) if scores else (tokens, size)
        requantization = Requantization.of(unit, target)
        return cls(
            node.name,
            k,
            columns,
            sources[0].zero_point,
            requantization,
            heads=node.heads,
            transposed=scores,
            changing=changing,
        )

    def operands(self, inputs: list[np.ndarray]) -> Operands:
        """One product per image and head: count is batch x heads."""
        first, second = (split_heads(x, self.heads) for x in inputs)
        if self.transposed:
            second = second.swapaxes(-1, -2)
        batch = max(len(first), len(second))
        first, second = (np.broadcast_to(x, (batch, *x.shape[1:])) for x in (first, second))
        return Operands(
            np.ascontiguousarray(first.reshape(-1, *first.shape[2:])),
            np.ascontiguousarray(second.reshape(-1, *second.shape[2:])),
        )

    def output(self, accumulators: np.ndarray, inputs: list[np.ndarray]) -> np.ndarray:
        """Requantized and laid out as the node's tensor."""
        tensor = self.requantization(accumulators)
        split = tensor.reshape(-1, self.heads, *tensor.shape[1:])
        return merge_heads(split, *inputs[0].shape[1:3])
