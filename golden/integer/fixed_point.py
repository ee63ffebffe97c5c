"""Fixed-point scaling: how a wider integer becomes a tensor's int8 or int16.

A real factor is a 16-bit multiplier and a right shift. There is one rounding, to the nearest
integer with halves towards plus infinity: ``(x * multiplier + 2 ** (shift - 1)) >> shift``. It is
followed by the zero point and saturation. In hardware: a 33 x 17-bit multiplier, an adder, a
barrel shifter and a clamp; 50 bits hold every intermediate value.

Error, in integers of the output: 1/2 for the rounding and, for the multiplier, 2 ** -16 of the
value. The latter is at most 1 for 16-bit and 1/256 for 8-bit values that do not saturate.
"""

from dataclasses import dataclass

import numpy as np

from golden.formats.quantization import TensorFormat
from golden.jit import njit

MULTIPLIER_BITS = 16
LARGEST_FACTOR = 2.0**15 - 0.25
MAX_SHIFT = 49
"""Factors that would need a larger shift are below 2 ** -33, and any 33-bit integer times them
rounds to zero."""


def fixed_point(
    factors: np.ndarray | float, max_shift: int = MAX_SHIFT, *, shared: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Multipliers and shifts (int64, shaped like ``factors``) with ``m / 2 ** s`` next to factors.

    A shift is the largest, from 1 to ``max_shift``, for which the multiplier's magnitude has 16
    bits: the relative error is below 2 ** -16 unless ``max_shift`` is reached. ``shared`` makes it
    one shift, that of the largest factor. Raises ValueError for factors beyond what a multiplier
    and a shift of 1 hold, 2 ** 15 - 1 / 4 or more.
    """
    factors = np.asarray(factors, np.float64)
    largest = np.abs(factors).max() if shared else np.abs(factors)
    if not (largest < LARGEST_FACTOR).all():
        raise ValueError(f"a factor of {np.max(largest):g} is beyond fixed point")
    fraction, exponent = np.frexp(largest)
    rounds_up = np.rint(np.ldexp(fraction, MULTIPLIER_BITS)) == 2**MULTIPLIER_BITS
    shift = np.minimum(MULTIPLIER_BITS - exponent - rounds_up, max_shift).astype(np.int64)
    return np.rint(np.ldexp(factors, shift)).astype(np.int64), shift


# Not numba.vectorize, whose loops are compiled again at each import.
@njit(cache=True, nogil=True)
def _requantize(
    x, bias, multiplier, shift, zero_point, low, high, found
):  # pragma: no cover - compiled
    """``(x + bias) * multiplier / 2 ** shift + zero_point``, rounded and saturated.

    ``x`` and ``found`` are (values, channels), the parameters of channels int64 (channels,).
    """
    values, channels = x.shape
    for value in range(values):
        for c in range(channels):
            scaled = (np.int64(x[value, c]) + bias[c]) * multiplier[c]
            scaled = (scaled + (np.int64(1) << (shift[c] - 1))) >> shift[c]
            found[value, c] = min(max(scaled + zero_point, low), high)


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
        target, channels = self.target, x.shape[-1]
        parameters = (
            np.ascontiguousarray(np.broadcast_to(parameter, channels))
            for parameter in (self.bias, self.multiplier, self.shift)
        )
        found = np.empty(x.shape, target.dtype)
        _requantize(
            np.ascontiguousarray(x).reshape(-1, channels),
            *parameters,
            target.zero_point,
            target.low,
            target.high,
            found.reshape(-1, channels),
        )
        return found
