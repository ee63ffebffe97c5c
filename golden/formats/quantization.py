"""Integer formats: one static scale and zero point per tensor, shared by all denoising steps.

Sharing them over the steps makes temporal differences integers on one grid.
"""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from golden.formats.elements import INT8_MAX

LEAST_SCALE = 1e-30
"""So that float32 holds its reciprocal."""
GREATEST_SCALE = 1e30
"""So that float32 holds 255 times as much, and no quotient of scales overflows."""


class TensorFormat(BaseModel):
    """Affine integer format of a tensor: ``real = scale * (integer - zero_point)``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bits: Literal[8, 16] = 8
    scale: float = Field(ge=LEAST_SCALE, le=GREATEST_SCALE, allow_inf_nan=False)
    zero_point: int = 0

    @model_validator(mode="after")
    def _in_range(self) -> "TensorFormat":
        if not self.low <= self.zero_point <= self.high:
            raise ValueError(f"zero_point = {self.zero_point} does not fit {self.bits} bits")
        return self

    @classmethod
    def covering(
        cls, low: float, high: float, *, bits: Literal[8, 16] = 8, symmetric: bool = False
    ) -> "TensorFormat":
        """The finest format that represents every value from ``low`` to ``high``, and zero.

        ``symmetric`` puts the zero point at 0, as the second operand of a matrix product needs.
        """
        low, high = min(low, 0.0), max(high, 0.0)
        top = 2 ** (bits - 1) - 1
        if symmetric:
            return cls(bits=bits, scale=_scale(max(-low, high) / top))
        scale = _scale((high - low) / (2 * top + 1))
        return cls(bits=bits, scale=scale, zero_point=round(-top - 1 - low / scale))

    @property
    def low(self) -> int:
        """Smallest integer."""
        return -(2 ** (self.bits - 1))

    @property
    def high(self) -> int:
        """Largest integer."""
        return 2 ** (self.bits - 1) - 1

    @property
    def dtype(self) -> np.dtype:
        """int8 or int16."""
        return np.dtype(f"int{self.bits}")

    def quantize(self, real: np.ndarray) -> np.ndarray:
        """Integers of the same shape: rounded half to even, saturated."""
        integer = np.rint(real * real.dtype.type(1 / self.scale))
        integer += self.zero_point
        return np.clip(integer, self.low, self.high, out=integer).astype(self.dtype)

    def dequantize(self, integer: np.ndarray) -> np.ndarray:
        """float64 values of the same shape."""
        return (integer.astype(np.float64) - self.zero_point) * self.scale


def _scale(finest: float) -> float:
    """``finest``, or 1 for tensors of zeros and of values next to zero."""
    return finest if finest >= LEAST_SCALE else 1.0


def quantize_weights(
    weights: np.ndarray, least_scale: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 weights and their float32 scale, one per output channel (the last axis).

    A scale per output channel costs the hardware nothing (it is part of the requantization of
    that channel) and has no bearing on differences, which are taken on activations only. Scales
    are not chosen below ``least_scale``.
    """
    flat = np.abs(weights.reshape(-1, weights.shape[-1]))
    scale = np.maximum(flat.max(axis=0) / INT8_MAX, least_scale).astype(np.float32)
    scale[scale == 0] = 1.0
    integer = np.clip(np.rint(weights / scale), -INT8_MAX, INT8_MAX)
    return integer.astype(np.int8), scale
