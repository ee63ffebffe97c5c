"""Group and layer normalization in integers.

For a group of N integers x (their zero point cancels), with S and Q the sums of x and x squared:

1. ``V = N * Q - S * S + E`` is N squared times the variance plus epsilon, below 2 ** 63; ``E`` is
   epsilon in the same units, rounded, at least 1. Where E would exceed 2 ** 61, both terms are
   first divided by a power of four, ``4 ** d``, that makes it fit (d is at most 17, and 0 in
   any usual model).
2. V is shifted by an even number of places, 2e, to ``v`` of 31 or 32 bits. The reciprocal square
   root is ``r = isqrt(2 ** 62 // v)``, at most 2 ** 16: ``1 / sqrt(V) = r / 2 ** (31 + e)``. One
   division and one root per group: bit-serial hardware does either in 32 cycles.
3. ``z = (N * x - S) * r / 2 ** (17 + e + d)``, rounded, is the normalized value with 14 fraction
   bits: 24 bits and 50 before the shift, for the largest groups.
4. ``y = (z * multiplier + bias * 2 ** (shift - 8)) / 2 ** shift + zero_point``, rounded and
   saturated: weight and bias of the channel, in the output's scale. Multipliers have 16 bits and
   a sign and share one shift, 8 to 32; biases have 8 fraction bits and 32 in all, so that 57 bits
   hold every value.

Rounding is that of :mod:`golden.integer.fixed_point`. Errors: r is at most 2 ** -15 (relative)
too small, or 2 ** -31 too large; z is rounded by 2 ** -15; multipliers by 2 ** -16 of the largest
(2 ** -33 if that is small) and biases by 2 ** -9 of the output's integers. E is off by up to 1,
which matters if N squared times the variance is not far above 1.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from golden.formats.quantization import TensorFormat
from golden.integer.fixed_point import fixed_point
from golden.jit import njit

MAX_GROUP = 1 << 16
"""Largest group, in elements."""
FRACTION_BITS = 14
BIAS_FRACTION_BITS = 8
ROOT_BITS = 16
EPSILON_BITS = 61
MAX_DIVISION = 17
"""Largest d; beyond, every z is zero."""
MAX_AFFINE_SHIFT = 32
BIAS_BITS = 32


@njit(cache=True)
def reciprocal_root(value):
    """``r`` and ``e`` with ``r / 2 ** (31 + e)`` next to ``1 / sqrt(value)``, value >= 1."""
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


@njit(cache=True, nogil=True)
def _normalize(x, groups, e_integer, d, multiplier, bias, shift, zero_point, low, high, out):
    """``x`` and ``out`` (batch, pixels, channels); letters as in the module's text."""
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
            variance = (count * squares - total * total) >> (2 * d)
            root, e = reciprocal_root(variance + e_integer)
            places = 31 - FRACTION_BITS + e + d
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

    def epsilon_integer(self, count: int) -> tuple[int, int]:
        """E and d for groups of ``count`` elements."""
        if count > MAX_GROUP:
            raise ValueError(f"a group of {count} elements is larger than {MAX_GROUP}")
        fraction, exponent = math.frexp(self.epsilon * (count / self.source.scale) ** 2)
        d = min(max(0, -(-(exponent - EPSILON_BITS) // 2)), MAX_DIVISION)
        exponent = min(exponent - 2 * d, EPSILON_BITS)
        return max(1, round(math.ldexp(fraction, exponent))), d

    @cached_property
    def affine(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Multipliers and biases (int64, per channel) and the shift.

        Raises ValueError for weights of 2 ** 22 or biases of 2 ** 23 of the output's integers.
        """
        factors = self.weight.astype(np.float64) / self.target.scale / 2**FRACTION_BITS
        multiplier, shift = fixed_point(factors, MAX_AFFINE_SHIFT, shared=True)
        bias = np.rint(self.bias.astype(np.float64) / self.target.scale * 2**BIAS_FRACTION_BITS)
        if shift < BIAS_FRACTION_BITS or np.abs(bias).max() >= 2 ** (BIAS_BITS - 1):
            raise ValueError(
                f"a scale of {self.target.scale:g} is too fine for the weights of a normalization"
            )
        return multiplier, bias.astype(np.int64), int(shift)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Integers of the target, of the shape of ``x`` (batch, height, width, channels)."""
        _, height, width, channels = x.shape
        pixels = height * width if self.over_pixels else 1
        grouped = np.ascontiguousarray(x).reshape(-1, pixels, channels)
        out = np.empty(grouped.shape, self.target.dtype)
        target = self.target
        _normalize(
            grouped,
            self.groups,
            *self.epsilon_integer(pixels * channels // self.groups),
            *self.affine,
            target.zero_point,
            target.low,
            target.high,
            out,
        )
        return out.reshape(x.shape)
