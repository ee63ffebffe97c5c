"""Group and layer normalization in integers.

For a group of N integers x (their zero point cancels), N at most 2 ** 24, with S and Q the sums of
x and x squared (40 bits with the sign, and 55):

1. ``V = (N * Q - S * S) / 4 ** d + E``, rounded down, is N squared times the variance plus epsilon,
   in units of ``4 ** d``, below 2 ** 63; ``E`` is epsilon in the same units, rounded, at least 1.
   d is at least ``c = log2(N) - 16``, rounded up (0 for groups of up to 65,536 elements), so that
   the variance is below 2 ** 62 for any x. It is more where E would exceed 2 ** 61, which takes an
   epsilon that is huge beside the input's scale, and at most ``17 + c``. The products have 79
   bits, but in units of ``4 ** c`` they need no more than 64: with ``Q = q * 4 ** c + q'`` and
   ``S = s * 2 ** c + s'`` (shifts and masks) their difference is exactly
   ``N * q - s * s + (N * q' - s' * s' - 2 ** (c + 1) * s * s') / 4 ** c``, of which the last part
   has 50 bits before its shift.
2. V is shifted by an even number of places, 2e, to ``v`` of 31 or 32 bits. The reciprocal square
   root is ``r = isqrt(2 ** 62 // v)``, at most 2 ** 16: ``1 / sqrt(V) = r / 2 ** (31 + e)``. One
   division and one root per group: bit-serial hardware does either in 32 cycles.
3. ``z = (N * x - S) * r / 2 ** (17 + e + d)``, rounded, is the normalized value with 14 fraction
   bits: 24 bits and 50 before the shift for groups of up to 65,536 elements, 28 and 58 for the
   largest.
4. ``y = (z * multiplier + bias * 2 ** (shift - 8)) / 2 ** shift + zero_point``, rounded and
   saturated: weight and bias of the channel, in the output's scale. Multipliers have 16 bits and
   a sign and share one shift, 8 to 32; biases have 8 fraction bits and 32 in all, so that 57 bits
   hold every value.

Rounding is that of :mod:`golden.integer.fixed_point`. Errors: r is at most 2 ** -15 (relative)
too small, or 2 ** -31 too large; z is rounded by 2 ** -15; multipliers by 2 ** -16 of the largest
(2 ** -33 if that is small) and biases by 2 ** -9 of the output's integers. E is off by up to 1, and
so is the variance where d is not 0, which matters if V is not far above 1.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from golden.formats.quantization import TensorFormat
from golden.integer.fixed_point import fixed_point
from golden.jit import njit

MAX_GROUP = 1 << 24
"""Largest group, in elements."""
EXACT_GROUP_BITS = 16
"""Groups of up to 2 ** this many elements need no division."""
FRACTION_BITS = 14
BIAS_FRACTION_BITS = 8
ROOT_BITS = 16
EPSILON_BITS = 61
MAX_DIVISION = 17
"""Largest ``d - c``; beyond, every z is zero."""
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


@njit(cache=True)
def scaled_variance(count, total, squares, c):
    """``(N * Q - S * S) >> (2 * c)`` in 64 bits; letters as in the module's text."""
    q, q_rest = squares >> (2 * c), squares & ((1 << (2 * c)) - 1)
    s, s_rest = total >> c, total & ((1 << c) - 1)
    rest = count * q_rest - s_rest * s_rest - ((s * s_rest) << (c + 1))
    return count * q - s * s + (rest >> (2 * c))


@njit(cache=True, nogil=True)
def _normalize(x, groups, c, e_integer, d, multiplier, bias, shift, zero_point, low, high, out):
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
            variance = scaled_variance(count, total, squares, c) >> (2 * (d - c))
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


def division(count: int) -> int:
    """C for groups of ``count`` elements."""
    return max(0, (count - 1).bit_length() - EXACT_GROUP_BITS)


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
        c = division(count)
        d = min(max(c, -(-(exponent - EPSILON_BITS) // 2)), MAX_DIVISION + c)
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
        count = pixels * channels // self.groups
        grouped = np.ascontiguousarray(x).reshape(-1, pixels, channels)
        out = np.empty(grouped.shape, self.target.dtype)
        target = self.target
        _normalize(
            grouped,
            self.groups,
            division(count),
            *self.epsilon_integer(count),
            *self.affine,
            target.zero_point,
            target.low,
            target.high,
            out,
        )
        return out.reshape(x.shape)
