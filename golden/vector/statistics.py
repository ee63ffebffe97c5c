"""Means and deviations of a vector layer's normalizations."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from golden.integer.normalization import FRACTION_BITS, division, reciprocal_root, scaled_variance
from golden.jit import njit
from golden.vector.descriptor import VectorDescriptor


@njit(cache=True, nogil=True)
def _roots(totals, squares, count, c, d, epsilon, roots, places):  # pragma: no cover - compiled
    """Fills ``roots`` and ``places``; a root of 0 where ``count`` contradicts the sums."""
    for i in range(len(totals)):
        variance = scaled_variance(count, totals[i], squares[i], c)
        scaled = (variance >> (2 * (d - c))) + epsilon
        roots[i], places[i] = 0, 1
        if variance >= 0 and scaled >= 1:
            roots[i], e = reciprocal_root(scaled)
            places[i] = 31 - FRACTION_BITS + e + d


@dataclass(frozen=True)
class Statistics:
    """S and r of groups, and the places by which step 7 shifts; all int64 of one shape."""

    total: np.ndarray
    root: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, layer: VectorDescriptor, totals: np.ndarray, squares: np.ndarray) -> Self:
        """From S and Q, int64 (groups,)."""
        roots, places = np.empty_like(totals), np.empty_like(totals)
        c = division(layer.count)
        _roots(totals, squares, layer.count, c, layer.division, layer.epsilon, roots, places)
        return cls(totals, roots, places)

    def at(self, index: np.ndarray | tuple) -> Self:
        """Those of each channel or pixel, by any NumPy index."""
        return type(self)(self.total[index], self.root[index], self.places[index])
