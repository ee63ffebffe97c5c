"""Clusters of similar kernels in every input channel of a layer (REPrune, Algorithm 1).

A layer's weight (kernel, kernel, in_channels, filters), or (in_channels, filters) for a linear
layer, holds for each input channel as many kernels as there are filters. They are merged by
agglomerative clustering; where kernels are single numbers (1 x 1), so are the points.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import partial

import fastcluster
import numpy as np
from joblib import cpu_count
from scipy.cluster.hierarchy import fcluster

from golden.threads import Threads

Progress = Callable[[], object]
"""Called once for each input channel that has been clustered."""


class Linkage(StrEnum):
    """Which two clusters A and B are merged next: those of the least distance."""

    WARD = "ward"
    """The paper's: ``sqrt(2 I)``, ``I = |A||B| / (|A| + |B|) * ||mean(A) - mean(B)||^2``"""
    SINGLE = "single"
    """Euclidean distance of the nearest two kernels"""
    COMPLETE = "complete"
    """Euclidean distance of the farthest two kernels"""
    AVERAGE = "average"
    """Mean Euclidean distance of all pairs of kernels"""


def kernel_clusters(
    weight: np.ndarray,
    clusters: int,
    linkage: Linkage = Linkage.WARD,
    progress: Progress | None = None,
) -> np.ndarray:
    """Cluster of every kernel, int64 (in_channels, filters), numbered through all channels.

    The dendrograms of all channels are cut at the layer's cut-off height: the least at which no
    channel has more than ``clusters`` of the ``filters`` clusters it started with, 0 < ``clusters``
    < ``filters``. Channels of similar kernels end with fewer.
    """
    found = dendrograms(weight, linkage, progress)
    height = cut_off_height(found, weight.shape[-1] - clusters)
    # fcluster numbers from 1.
    labels = np.array([fcluster(each, height, "distance") for each in found], np.int64)
    first = np.concatenate([[0], np.cumsum(labels.max(axis=1))[:-1]])
    return labels - 1 + first[:, None]


def dendrograms(
    weight: np.ndarray, linkage: Linkage, progress: Progress | None = None
) -> np.ndarray:
    """Merges of each input channel's kernels, float64 (in_channels, filters - 1, 4).

    A merge is, as in SciPy, two clusters, their distance and the size of their union. Distances
    rise from merge to merge; those of Ward's linkage are sqrt(2 I) of the paper's I, so that merges
    and cuts are the same.
    """
    by_channel = weight.reshape(-1, *weight.shape[-2:]).transpose(1, 2, 0)
    # fastcluster releases the GIL. Unlike joblib's, these threads end before the process does: one
    # that is still in C++ then would abort it.
    with Threads(cpu_count()) as threads:
        merges = threads.map(partial(_merges, linkage=linkage), by_channel, progress)
    return np.reshape(merges, (len(by_channel), weight.shape[-1] - 1, 4))


def cut_off_height(dendrograms: np.ndarray, merges: int) -> float:
    """The layer's cut-off h_l: the largest distance at which a channel's merge ``merges`` is."""
    return float(dendrograms[:, merges - 1, 2].max())


def _merges(kernels: np.ndarray, linkage: Linkage) -> np.ndarray:
    points = kernels.astype(np.float64)
    if linkage in (Linkage.WARD, Linkage.SINGLE):
        # Needs no matrix of all distances.
        return fastcluster.linkage_vector(points, linkage.value)
    return fastcluster.linkage(points, linkage.value, preserve_input=False)
