"""Channels that come back while training goes on (REPrune, Algorithm 2, after CHEX).

Source: Hou et al., "CHEX: CHannel EXploration for CNN Model Compression" (CVPR 2022).
"""

import math

import numpy as np


def regrowth_share(first: float, epoch: int, until: int) -> float:
    """Share of a layer's filters that comes back after ``epoch``: from ``first`` down to 0.

    It falls by a cosine and is 0 at ``until``, so that the last selection is final.
    """
    return first * 0.5 * (1 + math.cos(math.pi * min(epoch / until, 1)))


def regrown(
    weight: np.ndarray, kept: np.ndarray, share: float, rng: np.random.Generator, groups: int = 1
) -> np.ndarray:
    """``kept`` and the filters that come back, sorted, int64.

    ``weight`` (..., in_channels, filters) holds the last values of the removed filters, too. About
    ``share`` of the filters come back, the same number in each of ``groups`` equal parts. They are
    drawn without replacement; the less of a filter the kept ones can combine, the likelier: its
    odds are exp(e), e the square of its distance from their linear span.
    """
    rows = weight.reshape(-1, weight.shape[-1]).T.astype(np.float64)
    filters = len(rows)
    removed = np.setdiff1d(np.arange(filters), kept)
    size = filters // groups
    count = min(round(share * size), len(removed) // groups)
    if not count:
        return np.sort(kept)
    basis = np.linalg.lstsq(rows[kept].T, rows[removed].T, rcond=None)[0]
    residual = np.square(rows[removed] - basis.T @ rows[kept]).sum(axis=1)
    # Largest keys of a Gumbel distribution: draws without replacement with odds exp(residual).
    keys = residual + rng.gumbel(size=len(removed))
    back = [
        removed[own][np.argsort(-keys[own])[:count]]
        for own in (removed // size == group for group in range(groups))
    ]
    return np.sort(np.concatenate([kept, *back]))
