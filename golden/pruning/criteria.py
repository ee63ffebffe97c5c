"""What REPrune is compared with: filters kept by a score of their own."""

import numpy as np


def l1_norms(weight: np.ndarray) -> np.ndarray:
    """Sum of the magnitudes of each filter's weights, float64 (filters,).

    Source: Li et al., "Pruning Filters for Efficient ConvNets" (ICLR 2017).
    """
    return np.abs(_rows(weight)).sum(axis=1)


def median_distances(weight: np.ndarray) -> np.ndarray:
    """Sum of each filter's Euclidean distances to all others, float64 (filters,).

    The filter of the least sum is nearest to the geometric median and the most replaceable.
    Source: He et al., "Filter Pruning via Geometric Median" (FPGM, CVPR 2019).
    """
    rows = _rows(weight)
    squares = np.square(rows).sum(axis=1)
    # Rounding may leave the square of a distance slightly below zero.
    distances = np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0)
    np.fill_diagonal(distances, 0)
    return np.sqrt(distances).sum(axis=1)


def highest(scores: np.ndarray, count: int, groups: int = 1) -> np.ndarray:
    """The ``count`` filters of the highest ``scores`` (filters,), sorted, int64.

    Every one of ``groups`` equal parts of the filters gives the same number; among equals the
    first filters stay.
    """
    by_group = scores.reshape(groups, -1)
    order = np.argsort(-by_group, axis=1, kind="stable")[:, : count // groups]
    return np.sort((order + np.arange(groups)[:, None] * by_group.shape[1]).ravel())


def _rows(weight: np.ndarray) -> np.ndarray:
    return weight.reshape(-1, weight.shape[-1]).T.astype(np.float64)
