"""REPrune's definitions in plain Python, for small layers: written to be read, not to be fast."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Kernel = list[float]
Kernels = list[Kernel]
Cluster = frozenset[int]
"""Filters whose kernels are together"""


@dataclass(frozen=True)
class Merge:
    """Two clusters that became one."""

    distance: float
    cluster: Cluster


def kernels_of(weight: np.ndarray, channel: int) -> Kernels:
    """The kernels of an input channel, one per filter, each a list of its numbers."""
    filters = weight.shape[-1]
    return [weight[..., channel, filter_].ravel().tolist() for filter_ in range(filters)]


def euclidean(first: Kernel, second: Kernel) -> float:
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5


def ward(first: Kernels, second: Kernels) -> float:
    """The paper's I(A, B) = |A||B| / (|A| + |B|) * ||mean(A) - mean(B)||^2."""
    means = [
        [sum(column) / len(part) for column in zip(*part, strict=True)] for part in (first, second)
    ]
    size = len(first) * len(second) / (len(first) + len(second))
    return size * euclidean(*means) ** 2


def single(first: Kernels, second: Kernels) -> float:
    return min(euclidean(a, b) for a in first for b in second)


def complete(first: Kernels, second: Kernels) -> float:
    return max(euclidean(a, b) for a in first for b in second)


def average(first: Kernels, second: Kernels) -> float:
    return sum(euclidean(a, b) for a in first for b in second) / (len(first) * len(second))


LINKAGES: dict[str, Callable[[Kernels, Kernels], float]] = {
    "ward": ward,
    "single": single,
    "complete": complete,
    "average": average,
}


def merges(kernels: Kernels, linkage: str) -> list[Merge]:
    """Agglomerative clustering: the nearest two clusters become one, until one is left."""
    clusters = [frozenset([filter_]) for filter_ in range(len(kernels))]
    found = []
    while len(clusters) > 1:
        pairs = [(a, b) for n, a in enumerate(clusters) for b in clusters[:n]]
        distances = [
            LINKAGES[linkage]([kernels[i] for i in a], [kernels[i] for i in b]) for a, b in pairs
        ]
        nearest = distances.index(min(distances))
        a, b = pairs[nearest]
        clusters = [each for each in clusters if each not in (a, b)] + [a | b]
        found.append(Merge(distances[nearest], a | b))
    return found


def clusters_of_layer(weight: np.ndarray, merge_count: int, linkage: str) -> list[set[Cluster]]:
    """Clusters of each input channel, cut at the layer's h_l."""
    filters, channels = weight.shape[-1], weight.shape[-2]
    dendrograms = [merges(kernels_of(weight, channel), linkage) for channel in range(channels)]
    cut_off = max(dendrogram[merge_count - 1].distance for dendrogram in dendrograms)
    found = []
    for dendrogram in dendrograms:
        clusters = {frozenset([filter_]) for filter_ in range(filters)}
        for merge in dendrogram:
            if merge.distance <= cut_off:
                clusters = {each for each in clusters if not each < merge.cluster}
                clusters.add(merge.cluster)
        found.append(clusters)
    return found


def covered(clusters: list[set[Cluster]], chosen: Sequence[int]) -> int:
    """Clusters of any channel that hold a kernel of a chosen filter."""
    return sum(not each.isdisjoint(chosen) for channel in clusters for each in channel)


def greedy(
    clusters: list[set[Cluster]], filters: int, count: int, groups: int, rng: np.random.Generator
) -> list[int]:
    """Filters in the order of the greedy choice, equals drawn with ``rng``."""
    chosen: list[int] = []
    size = filters // groups
    while len(chosen) < count:
        gains = {
            filter_: covered(clusters, [*chosen, filter_])
            for filter_ in range(filters)
            if filter_ not in chosen
            and sum(each // size == filter_ // size for each in chosen) < count // groups
        }
        best = [filter_ for filter_, gain in gains.items() if gain == max(gains.values())]
        chosen.append(int(rng.choice(best)))
    return chosen


def as_sets(clusters: np.ndarray) -> list[set[frozenset[int]]]:
    """The clusters of each channel as sets of filters."""
    return [
        {frozenset(np.flatnonzero(row == label).tolist()) for label in set(row.tolist())}
        for row in clusters
    ]
