"""Elementwise integer functions: sum, product, concatenation, tables.

Each takes the integers of its inputs' formats and returns those of its own; the arithmetic of
scaling and rounding is that of :mod:`golden.integer.fixed_point`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from golden.formats.quantization import TensorFormat
from golden.formats.rearrange import concatenate
from golden.integer.fixed_point import Requantization, fixed_point
from golden.jit import njit

MAX_SUM_SHIFT = 34
"""Factors that would need a larger shift are below 2 ** -18: such sums round to zero."""


@njit(cache=True, nogil=True)
def _scaled_sum(
    a,
    a_zero_point,
    a_multiplier,
    b,
    b_zero_point,
    b_multiplier,
    shift,
    zero_point,
    low,
    high,
    found,
):  # pragma: no cover - compiled
    """``a`` and ``found`` are (batch, pixels, channels), ``b`` too or (batch, 1, channels)."""
    batch, pixels, channels = a.shape
    half = np.int64(1) << (shift - 1)
    for image in range(batch):
        for pixel in range(pixels):
            other = pixel if b.shape[1] > 1 else 0
            for c in range(channels):
                scaled = (np.int64(a[image, pixel, c]) - a_zero_point) * a_multiplier
                scaled += (np.int64(b[image, other, c]) - b_zero_point) * b_multiplier
                scaled = (scaled + half) >> shift
                found[image, pixel, c] = min(max(scaled + zero_point, low), high)


@dataclass(frozen=True)
class Sum:
    """``a + b`` of two formats: two multipliers with one shift, one rounding.

    The larger multiplier has 16 bits; with inputs of 16 bits every value fits 35. The error is at
    most 1/2 + (abs(a) + abs(b)) / 2 ** (shift + 1) of the output's integers, with a and b the
    inputs' integers less their zero points: where the inputs' integers are worth no more than the
    output's, below 2.
    """

    a: TensorFormat
    b: TensorFormat
    target: TensorFormat

    @property
    def swapped(self) -> "Sum":
        """``b + a``: the same numbers."""
        return Sum(self.b, self.a, self.target)

    @cached_property
    def scaling(self) -> tuple[np.ndarray, int]:
        """The two multipliers, int64, and the shift."""
        factors = np.array([self.a.scale, self.b.scale]) / self.target.scale
        multipliers, shift = fixed_point(factors, MAX_SUM_SHIFT, shared=True)
        return multipliers, int(shift)

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Integers of ``a``'s shape; ``b`` has the same, or is a vector (batch, 1, 1, channels).

        One image of either goes with all images of the other.
        """
        batch = (max(len(a), len(b)),) if a.ndim > 1 else ()
        a = np.broadcast_to(a, (*batch, *a.shape[len(batch) :]))
        vector = b.shape[1:-1] == (1, 1)
        b = np.broadcast_to(b, (*batch, *b.shape[1:]) if vector else a.shape)
        (a_multiplier, b_multiplier), shift = self.scaling
        target = self.target
        found = np.empty(a.shape, target.dtype)
        _scaled_sum(
            _pixels(a),
            self.a.zero_point,
            a_multiplier,
            _pixels(b),
            self.b.zero_point,
            b_multiplier,
            shift,
            target.zero_point,
            target.low,
            target.high,
            _pixels(found),
        )
        return found


def _pixels(x: np.ndarray) -> np.ndarray:
    """(batch, pixels, channels) of (batch, ..., channels), or (1, 1, channels) of (channels,)."""
    return np.ascontiguousarray(x).reshape(len(x) if x.ndim > 1 else 1, -1, x.shape[-1])


@dataclass(frozen=True)
class Product:
    """``a * b`` of two formats: the exact product (33 bits), requantized once."""

    a: TensorFormat
    b: TensorFormat
    target: TensorFormat

    @cached_property
    def requantization(self) -> Requantization:
        """Of the exact product."""
        return Requantization.of(self.a.scale * self.b.scale, self.target)

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Integers of ``a``'s shape; ``b`` has the same, or is a vector (batch, 1, 1, channels)."""
        a = a.astype(np.int64) - self.a.zero_point
        b = b.astype(np.int64) - self.b.zero_point
        return self.requantization(a * b)


@dataclass(frozen=True)
class Concatenation:
    """``a`` and ``b`` along the channels, each requantized to the common format."""

    a: TensorFormat
    b: TensorFormat
    target: TensorFormat

    @cached_property
    def requantizations(self) -> tuple[Requantization, Requantization]:
        """Of either part."""
        return (
            Requantization.between(self.a, self.target),
            Requantization.between(self.b, self.target),
        )

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Integers (batch, height, width, channels of both)."""
        of_a, of_b = self.requantizations
        return concatenate(of_a(a), of_b(b))


@dataclass(frozen=True)
class Table:
    """Any function of one 8-bit value as 256 entries, addressed by the byte (-1 is entry 255).

    Each entry is the function's value, rounded half to even and saturated to the target: the
    error against the function of the quantized input is at most half an integer.
    """

    entries: np.ndarray
    """int8 or int16 (256,)"""

    @classmethod
    def of(
        cls,
        function: Callable[[np.ndarray], np.ndarray],
        source: TensorFormat,
        target: TensorFormat,
    ) -> "Table":
        """The table of ``function``, a float64 function of arrays."""
        if source.bits != 8:
            raise ValueError("a table takes 8-bit input")
        codes = np.arange(256, dtype=np.uint8).view(np.int8)
        return cls(target.quantize(function(source.dequantize(codes))))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Entries for int8 ``x``, of its shape."""
        return self.entries[x.view(np.uint8)]
