"""Softmax in integers.

For a row of T integers x of scale s, with M their maximum:

1. ``t = (M - x) * multiplier / 2 ** shift``, rounded: the distance to the maximum in powers of
   two, ``(M - x) * s * log2(e)``, with 8 fraction bits (32 bits; 50 before the shift).
2. ``p = table[t mod 256] >> (t div 256)``: the table holds ``2 ** (15 - f / 256)``, 16 bits.
3. ``D`` is the sum of the p, 2 ** 15 to 2 ** 31; ``R = 2 ** 46 // D``, one division per row.
4. ``u = p * R >> 22``: the probability with 24 fraction bits (at most 2 ** 46 before the shift).
5. u is requantized to the output (:mod:`golden.integer.fixed_point`).

Errors: a power of two is within 2 ** -9 places and 2 ** -16 of its own places, of which 16 count:
0.16 % (step 1), and 2 ** -15 of the largest one (step 2), so that the sum of T of them is within
0.16 % and T * 2 ** -15 of the largest; the sum's reciprocal is within 2 ** -15 (relative).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from golden.formats.quantization import TensorFormat
from golden.integer.fixed_point import Requantization, fixed_point
from golden.jit import njit

MAX_TOKENS = 1 << 16
POWER_BITS = 15
FRACTION_BITS = 8
PROBABILITY_BITS = 24
RECIPROCAL_BITS = 46

POWERS = np.rint(2.0 ** (POWER_BITS - np.arange(256) / 256)).astype(np.int64)
"""The table of step 2."""


@njit(cache=True, nogil=True)
def _probabilities(x, multiplier, shift, powers, out):
    """``x`` and ``out`` (rows, tokens); ``out`` int64 has 24 fraction bits."""
    half = 1 << (shift - 1)
    for row in range(len(x)):
        largest = np.int64(x[row].max())
        total = 0
        for token in range(x.shape[1]):
            t = ((largest - x[row, token]) * multiplier + half) >> shift
            power = powers[t & 255] >> min(t >> FRACTION_BITS, 63)
            out[row, token] = power
            total += power
        reciprocal = (1 << RECIPROCAL_BITS) // total
        for token in range(x.shape[1]):
            out[row, token] = (out[row, token] * reciprocal) >> (RECIPROCAL_BITS - PROBABILITY_BITS)


@dataclass(frozen=True)
class Softmax:
    """Softmax over each of ``heads`` equal parts of the channels."""

    heads: int
    source: TensorFormat
    target: TensorFormat

    @cached_property
    def scaling(self) -> tuple[int, int]:
        """Multiplier and shift of step 1."""
        multiplier, shift = fixed_point(self.source.scale * np.log2(np.e) * 2**FRACTION_BITS)
        return int(multiplier), int(shift)

    @cached_property
    def requantization(self) -> Requantization:
        """Of step 5."""
        return Requantization.of(2.0**-PROBABILITY_BITS, self.target)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Integers of the target, of the shape of ``x`` (..., channels)."""
        tokens = x.shape[-1] // self.heads
        if tokens > MAX_TOKENS:
            raise ValueError(f"a softmax over {tokens} tokens is larger than {MAX_TOKENS}")
        rows = np.ascontiguousarray(x).reshape(-1, tokens)
        out = np.empty(rows.shape, np.int64)
        _probabilities(rows, *self.scaling, POWERS, out)
        return self.requantization(out).reshape(x.shape)
