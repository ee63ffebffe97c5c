"""The filters of one layer that stay: REPrune's Algorithm 1, and what it is compared with."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from golden.pruning import criteria
from golden.pruning.clustering import Linkage, Progress, kernel_clusters
from golden.pruning.coverage import greedy_coverage


class Criterion(StrEnum):
    """How filters are chosen."""

    REPRUNE = "reprune"
    """Those that together contain a representative of most kernel clusters"""
    L1 = "l1"
    """Those of the largest L1 norm"""
    FPGM = "fpgm"
    """Those farthest from the geometric median"""
    RANDOM = "random"
    """Any"""


@dataclass(frozen=True)
class Selection:
    """What stays of a layer."""

    kept: np.ndarray
    """Indices of filters, sorted, int64 (kept,)"""
    clusters: np.ndarray | None = None
    """Kernel clusters of each input channel, int64 (in_channels,); None if none were needed"""
    coverage: np.ndarray | None = None
    """Share of all clusters that is covered after each filter chosen, float64 (kept,)"""


def select_filters(
    weight: np.ndarray,
    count: int,
    rng: np.random.Generator,
    *,
    groups: int = 1,
    criterion: Criterion = Criterion.REPRUNE,
    linkage: Linkage = Linkage.WARD,
    progress: Progress | None = None,
) -> Selection:
    """Selects ``count`` of a layer's filters, as many from each of ``groups`` equal parts.

    ``weight`` (kernel, kernel, in_channels, filters) or (in_channels, filters). REPrune's layer
    sparsity s_l is ``1 - count / filters``, for which s_l * filters, the merges up to the layer's
    cut-off, and (1 - s_l) * filters are whole numbers. ValueError if that is impossible.
    """
    filters = weight.shape[-1]
    if not 0 < count <= filters or count % groups or filters % groups:
        raise ValueError(f"cannot keep {count} of {filters} filters in {groups} equal groups")
    if not np.isfinite(weight).all():
        raise ValueError("the weights hold values that are not finite")
    if count == filters:
        return Selection(np.arange(filters))
    match criterion:
        case Criterion.REPRUNE:
            clusters = kernel_clusters(weight, count, linkage, progress)
            chosen = greedy_coverage(clusters, count, rng, groups)
            ends = clusters.max(axis=1) + 1
            per_channel = np.diff(ends, prepend=0)
            return Selection(np.sort(chosen.filters), per_channel, chosen.covered / ends[-1])
        case Criterion.L1:
            scores = criteria.l1_norms(weight)
        case Criterion.FPGM:
            scores = criteria.median_distances(weight)
        case Criterion.RANDOM:
            scores = rng.permutation(filters)
    return Selection(criteria.highest(scores, count, groups))
