"""Greedy maximum coverage of kernel clusters by filters (REPrune, Algorithm 1)."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array


class Coverage(NamedTuple):
    """Filters in the order in which they were chosen."""

    filters: np.ndarray
    """int64 (chosen,)"""
    covered: np.ndarray
    """Clusters that the filters up to each one contain a kernel of, int64 (chosen,)"""


def greedy_coverage(
    clusters: np.ndarray, count: int, rng: np.random.Generator, groups: int = 1
) -> Coverage:
    """Chooses ``count`` filters, each time one that covers most of the clusters still uncovered.

    ``clusters`` int64 (in_channels, filters) is the cluster of every kernel, numbered through all
    channels (:func:`golden.pruning.clustering.kernel_clusters`); a filter covers those of its
    kernels. Among equals one is drawn with ``rng``, as in the paper. Every one of ``groups`` equal
    parts of the filters gives the same number, so ``groups`` divides ``count``.

    At least 1 - 1/e of the best possible coverage with one group, a half with several (Fisher,
    Nemhauser and Wolsey 1978: submodular maximization without and with a partition matroid).
    """
    channels, filters = clusters.shape
    total = int(clusters.max()) + 1
    kernels = (clusters.ravel(), np.tile(np.arange(filters), channels))
    members = csr_array((np.ones(clusters.size, bool), kernels), shape=(total, filters))

    group = np.arange(filters) * groups // filters
    room = np.full(groups, count // groups)
    scores = np.full(filters, channels)
    free = np.ones(filters, bool)
    uncovered = np.ones(total, bool)
    chosen, covered = np.empty(count, np.int64), np.empty(count, np.int64)
    for number in range(count):
        open_scores = np.where(free & (room[group] > 0), scores, -1)
        best = int(rng.choice(np.flatnonzero(open_scores == open_scores.max())))
        new = clusters[uncovered[clusters[:, best]], best]
        # Each cluster is covered once, so that all updates together visit each kernel once.
        scores -= np.bincount(members[new].indices, minlength=filters)
        uncovered[new] = False
        free[best] = False
        room[group[best]] -= 1
        chosen[number], covered[number] = best, total - np.count_nonzero(uncovered)
    return Coverage(chosen, covered)
