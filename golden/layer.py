"""One quantized convolution or fully connected layer."""

from dataclasses import dataclass

import numpy as np

from golden import graph as g
from golden.execution import Weights, layer_rows
from golden.quantization import ActivationFormat, quantize_weights


@dataclass(frozen=True)
class Layer:
    """What the accelerator needs to know of a layer."""

    node: g.MatmulNode
    weights: np.ndarray
    """int8 (k, columns)"""
    weight_scale: np.ndarray
    """float32 (columns,)"""
    bias: np.ndarray
    """float32 (columns,)"""
    input_format: ActivationFormat

    @classmethod
    def quantized(
        cls, node: g.MatmulNode, weights: Weights, input_format: ActivationFormat
    ) -> "Layer":
        """The layer with its float32 weights quantized per output channel."""
        integer, scale = quantize_weights(weights[f"{node.name}.weight"])
        matrix = integer.reshape(-1, integer.shape[-1])
        return cls(node, matrix, scale, weights[f"{node.name}.bias"], input_format)

    @property
    def name(self) -> str:
        """The node's name."""
        return self.node.name

    @property
    def k(self) -> int:
        """Length of a row."""
        return self.weights.shape[0]

    @property
    def columns(self) -> int:
        """Output channels."""
        return self.weights.shape[1]

    def rows(self, x: np.ndarray) -> np.ndarray:
        """Quantizes the input and lays out its rows: int8 (batch, out_height, out_width, k)."""
        integer = self.input_format.quantize(x)
        return layer_rows(self.node, integer, self.input_format.zero_point)

    def dequantize(self, accumulators: np.ndarray) -> np.ndarray:
        """float32 outputs of int32 accumulators (..., columns), with the bias added."""
        scale = self.weight_scale * np.float32(self.input_format.scale)
        return accumulators.astype(np.float32) * scale + self.bias
