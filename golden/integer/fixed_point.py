"""Fixed-point scaling: how a wider integer becomes a tensor's int8 or int16.

A real factor is a 16-bit multiplier and a right shift. There is one rounding, to the nearest
integer with halves towards plus infinity: ``(x * multiplier + 2 ** (shift - 1)) >> shift``. It is
followed by the zero point and saturation. In hardware: a 33 x 17-bit multiplier, an adder, a
barrel shifter and a clamp; 50 bits hold every intermediate value.
"""

from dataclasses import dataclass

import numba
import numpy as np

from golden.quantization import TensorFormat

MULTIPLIER_BITS = 16
MAX_SHIFT = 62


def fixed_point(factors: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Multipliers and shifts (int64, shaped like ``factors``) with ``m / 2 ** s`` next to factors.

    The magnitude of a multiplier has 16 bits, so that the relative error is below 2 ** -16.
    Shifts are 1 to 62. Raises ValueError for a factor of 2 ** 15 or more.
    """
    factors = np.asarray(factors, np.float64)
    _, exponent = np.frexp(factors)
    shift = np.clip(MULTIPLIER_BITS - exponent, 1, MAX_SHIFT).astype(np.int64)
    multiplier = np.rint(np.ldexp(factors, shift)).astype(np.int64)
    if np.abs(multiplier).max(initial=0) > 2**MULTIPLIER_BITS:
        raise ValueError(f"a factor of {np.abs(factors).max():g} is beyond fixed point")
    return multiplier, shift


@numba.vectorize(
    [
        f"int{bits}({x}, int64, int64, int64, int64, int{bits}, int{bits})"
        for bits in (8, 16)
        for x in ("int32", "int64")
    ],
    cache=True,
)
def requantize(x, bias, multiplier, shift, zero_point, low, high):
    """One value: ``(x + bias) * multiplier / 2 ** shift + zero_point``, rounded and saturated."""
    scaled = ((x + bias) * multiplier + (1 << (shift - 1))) >> shift
    return min(max(scaled + zero_point, low), high)


@dataclass(frozen=True)
class Requantization:
    """Scales integers to a format; parameters are scalars or one per channel (the last axis)."""

    bias: np.ndarray
    """int64, added before the multiplication"""
    multiplier: np.ndarray
    shift: np.ndarray
    target: TensorFormat

    @classmethod
    def of(
        cls, factors: np.ndarray | float, target: TensorFormat, bias: np.ndarray | int = 0
    ) -> "Requantization":
        """From integers of which one is worth ``factors`` in real numbers."""
        multiplier, shift = fixed_point(np.asarray(factors, np.float64) / target.scale)
        return cls(np.asarray(bias, np.int64), multiplier, shift, target)

    @classmethod
    def between(cls, source: TensorFormat, target: TensorFormat) -> "Requantization":
        """From one tensor format to another."""
        return cls.of(source.scale, target, bias=-source.zero_point)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """int8 or int16 of the shape of ``x``, an integer array (..., channels)."""
        target = self.target
        kind = target.dtype.type
        return requantize(
            x,
            self.bias,
            self.multiplier,
            self.shift,
            target.zero_point,
            kind(target.low),
            kind(target.high),
        )
