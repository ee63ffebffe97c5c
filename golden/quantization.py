"""int8 formats: one static scale and zero point per tensor, shared by all denoising steps.

Sharing them over the steps makes temporal differences integers on one grid.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

INT8_MIN, INT8_MAX = -128, 127


class ActivationFormat(BaseModel):
    """Affine int8 format of an activation tensor: ``real = scale * (integer - zero_point)``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: float = Field(gt=1e-30, allow_inf_nan=False)
    zero_point: int = Field(ge=INT8_MIN, le=INT8_MAX)

    @classmethod
    def covering(cls, low: float, high: float) -> "ActivationFormat":
        """The finest format that represents every value from ``low`` to ``high``, and zero."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = (high - low) / (INT8_MAX - INT8_MIN) or 1.0
        return cls(scale=scale, zero_point=round(INT8_MIN - low / scale))

    def quantize(self, real: np.ndarray) -> np.ndarray:
        """int8 of the same shape: rounded half to even, saturated."""
        integer = np.rint(real * np.float32(1 / self.scale))
        integer += self.zero_point
        return np.clip(integer, INT8_MIN, INT8_MAX, out=integer).astype(np.int8)


def quantize_weights(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 weights and their float32 scale, one per output channel (the last axis).

    A scale per output channel costs the hardware nothing (it is part of the requantization of
    that channel) and has no bearing on differences, which are taken on activations only.
    """
    flat = np.abs(weights.reshape(-1, weights.shape[-1]))
    scale = (flat.max(axis=0) / INT8_MAX).astype(np.float32)
    scale[scale == 0] = 1.0
    return np.rint(weights / scale).astype(np.int8), scale
