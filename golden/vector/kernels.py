"""Compiled loops over the elements of a block; letters as in docs/arithmetic.md.

All arrays are int64, so that each is compiled once. ``x`` is (pixels, channels) and written in
place; the last three arguments are the output's zero point, smallest and largest integer.
"""

import numpy as np

from golden.integer.normalization import BIAS_FRACTION_BITS
from golden.integer.softmax import FRACTION_BITS, POWER_BITS, PROBABILITY_BITS, RECIPROCAL_BITS
from golden.jit import njit


@njit(cache=True, nogil=True, inline="always")
def _finished(scaled, shift, zero, low, high):  # pragma: no cover - compiled
    """Rounded, with its zero point, saturated."""
    half = np.int64(1) << (shift - 1)
    return min(max(((scaled + half) >> shift) + zero, low), high)


@njit(cache=True, nogil=True)
def scale(x, a_zero, m, n, zero, low, high):  # pragma: no cover - compiled
    """Requantization."""
    for p in range(x.shape[0]):
        for c in range(x.shape[1]):
            x[p, c] = _finished((x[p, c] - a_zero) * m, n, zero, low, high)


@njit(cache=True, nogil=True)
def scale_channels(x, bias, m, n, zero, low, high):  # pragma: no cover - compiled
    """Requantization, with constants (channels,)."""
    for p in range(x.shape[0]):
        for c in range(x.shape[1]):
            x[p, c] = _finished((x[p, c] + bias[c]) * m[c], n[c], zero, low, high)


@njit(cache=True, nogil=True)
def add(x, a_zero, m1, b, b_zero, m2, n, zero, low, high):  # pragma: no cover - compiled
    """Sum; ``b`` is like ``x`` or one pixel."""
    for p in range(x.shape[0]):
        other = p if b.shape[0] > 1 else 0
        for c in range(x.shape[1]):
            scaled = (x[p, c] - a_zero) * m1 + (b[other, c] - b_zero) * m2
            x[p, c] = _finished(scaled, n, zero, low, high)


@njit(cache=True, nogil=True)
def multiply(x, a_zero, m, b, b_zero, n, zero, low, high):  # pragma: no cover - compiled
    """Product; ``b`` is like ``x`` or one pixel."""
    for p in range(x.shape[0]):
        other = p if b.shape[0] > 1 else 0
        for c in range(x.shape[1]):
            scaled = (x[p, c] - a_zero) * (b[other, c] - b_zero) * m
            x[p, c] = _finished(scaled, n, zero, low, high)


@njit(cache=True, nogil=True)
def sums(x, totals, squares):  # pragma: no cover - compiled
    """Adds S and Q of each channel, or of each pixel, to (1, channels) or (pixels, 1)."""
    for p in range(x.shape[0]):
        i = p if totals.shape[0] > 1 else 0
        for c in range(x.shape[1]):
            j = c if totals.shape[1] > 1 else 0
            totals[i, j] += x[p, c]
            squares[i, j] += x[p, c] * x[p, c]


@njit(cache=True, nogil=True)
def normalize(
    x, count, total, root, places, m, bias, n, zero, low, high
):  # pragma: no cover - compiled
    """Steps 6 to 8; statistics (1, channels) or (pixels, 1), constants (channels,)."""
    for p in range(x.shape[0]):
        i = p if total.shape[0] > 1 else 0
        for c in range(x.shape[1]):
            j = c if total.shape[1] > 1 else 0
            t = (count * x[p, c] - total[i, j]) * root[i, j]
            z = (t + (np.int64(1) << (places[i, j] - 1))) >> places[i, j]
            scaled = z * m[c] + (bias[c] << (n[c] - BIAS_FRACTION_BITS))
            x[p, c] = _finished(scaled, n[c], zero, low, high)


@njit(cache=True, nogil=True)
def softmax(x, valid, m1, n1, powers, m2, n2, zero, low, high):  # pragma: no cover - compiled
    """Of rows (pixels), whose first ``valid`` elements count."""
    half = np.int64(1) << (n1 - 1)
    for p in range(x.shape[0]):
        largest = x[p, :valid].max()
        total = 0
        for c in range(valid):
            t = ((largest - x[p, c]) * m1 + half) >> n1
            x[p, c] = powers[t & 255] >> min(t >> FRACTION_BITS, POWER_BITS + 1)
            total += x[p, c]
        x[p, valid:] = 0
        reciprocal = (1 << RECIPROCAL_BITS) // total
        for c in range(x.shape[1]):
            u = (x[p, c] * reciprocal) >> (RECIPROCAL_BITS - PROBABILITY_BITS)
            x[p, c] = _finished(u * m2, n2, zero, low, high)
