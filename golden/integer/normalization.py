"""Group and layer normalization in integers.

For a group of N integers x (their zero point cancels), with S and Q the sums of x and x squared:

1. ``V = N * Q - S * S + E`` is N squared times the variance plus epsilon, exactly (62 bits);
   ``E`` is epsilon in the same units, at least 1.
2. V is shifted by an even number of places, 2e, to ``v`` of 31 or 32 bits. The reciprocal square
   root is ``r = isqrt(2 ** 62 // v)``, 16 bits: ``1 / sqrt(V) = r / 2 ** (31 + e)``. One division
   and one root per group: bit-serial hardware does either in 32 cycles.
3. ``z = (N * x - S) * r / 2 ** (17 + e)``, rounded, is the normalized value with 14 fraction bits.
4. ``y = (z * multiplier + bias * 2 ** (shift - 8)) / 2 ** shift + zero_point``, rounded and
   saturated: weight and bias of the channel, in the output's scale. Multipliers have 16 bits and
   a sign and share one shift; biases have 8 fraction bits.

Rounding is that of :mod:`golden.integer.fixed_point`. Errors: r is at most 2 ** -15 (relative)
too small, z is rounded by 2 ** -15, multiplier and bias by 2 ** -16 (relative) and 2 ** -9.
"""

from dataclasses import dataclass

import numba
import numpy as np

from golden.integer.fixed_point import MULTIPLIER_BITS
from golden.quantization import TensorFormat

MAX_GROUP = 1 << 16
"""Largest group, in elements."""
FRACTION_BITS = 14
BIAS_FRACTION_BITS = 8
ROOT_BITS = 16


@numba.njit(cache=True)
def reciprocal_root(value):
    """``r`` and ``e`` with ``r / 2 ** (31 + e)`` next below ``1 / sqrt(value)``, value >= 1."""
    e = 0
    v = value
    while v >= 1 << 32:
        v >>= 2
        e += 1
    while v < 1 << 30:
        v <<= 2
        e -= 1
    square = (1 << 62) // v
    root = 0
    for place in range(ROOT_BITS, -1, -1):
        candidate = root | (1 << place)
        if candidate * candidate <= square:
            root = candidate
    return root, e


@numba.njit(cache=True, nogil=True)
def _normalize(x, groups, epsilon, multiplier, bias, shift, zero_point, low, high, out):
    """``x`` and ``out`` (batch, pixels, channels); ``epsilon`` is the E of the module's text."""
    batch, pixels, channels = x.shape
    size = channels // groups
    count = pixels * size
    bias_shift = shift - BIAS_FRACTION_BITS
    half = 1 << (shift - 1)
    for image in range(batch):
        for group in range(groups):
            first = group * size
            total = np.int64(0)
            squares = np.int64(0)
            for pixel in range(pixels):
                for channel in range(first, first + size):
                    value = np.int64(x[image, pixel, channel])
                    total += value
                    squares += value * value
            root, e = reciprocal_root(count * squares - total * total + epsilon)
            places = 31 - FRACTION_BITS + e
            z_half = 1 << (places - 1)
            for pixel in range(pixels):
                for channel in range(first, first + size):
                    centred = count * np.int64(x[image, pixel, channel]) - total
                    z = (centred * root + z_half) >> places
                    scaled = z * multiplier[channel] + (bias[channel] << bias_shift)
                    y = ((scaled + half) >> shift) + zero_point
                    out[image, pixel, channel] = min(max(y, low), high)


@dataclass(frozen=True)
class Normalization:
    """Normalization of groups of channels, over all pixels or over each pixel alone."""

    groups: int
    over_pixels: bool
    """True for group normalization, False for layer normalization"""
    epsilon: float
    weight: np.ndarray
    """float (channels,)"""
    bias: np.ndarray
    source: TensorFormat
    target: TensorFormat

    def epsilon_integer(self, count: int) -> int:
        """``epsilon`` in units of the squared input times ``count`` squared, for groups of that."""
        if count > MAX_GROUP:
            raise ValueError(f"a group of {count} elements is larger than {MAX_GROUP}")
        return max(1, min(round(self.epsilon * (count / self.source.scale) ** 2), 1 << 61))

    def affine(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Multipliers and biases (int64, per channel) and the shift."""
        factors = self.weight.astype(np.float64) / self.target.scale / 2**FRACTION_BITS
        _, exponent = np.frexp(np.abs(factors).max())
        shift = int(np.clip(MULTIPLIER_BITS - exponent, BIAS_FRACTION_BITS, 40))
        bias = self.bias.astype(np.float64) / self.target.scale * 2**BIAS_FRACTION_BITS
        multiplier = np.rint(np.ldexp(factors, shift)).astype(np.int64)
        return multiplier, np.rint(bias).astype(np.int64), shift

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Integers of the target, of the shape of ``x`` (batch, height, width, channels)."""
        _, height, width, channels = x.shape
        pixels = height * width if self.over_pixels else 1
        grouped = np.ascontiguousarray(x).reshape(-1, pixels, channels)
        out = np.empty(grouped.shape, self.target.dtype)
        epsilon = self.epsilon_integer(pixels * channels // self.groups)
        target = self.target
        _normalize(
            grouped,
            self.groups,
            epsilon,
            *self.affine(),
            target.zero_point,
            target.low,
            target.high,
            out,
        )
        return out.reshape(x.shape)
