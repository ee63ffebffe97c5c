"""Frechet distance between the Gaussians that two sets of features are taken for.

Sources: Dowson and Landau, "The Frechet distance between multivariate normal distributions"
(1982); Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
Equilibrium" (2017), equation 6, for images.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Gaussian:
    """Mean float64 (n,) and covariance float64 (n, n)."""

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> "Gaussian":
        """The unbiased estimates for ``features`` (count, n) of two or more images."""
        exact = features.astype(np.float64)
        return cls(exact.mean(axis=0), np.cov(exact, rowvar=False).reshape(exact.shape[1], -1))


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """The squared distance, as it is usual to report it.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))``.
    """
    shift = first.mean - second.mean
    # tr (C1 C2)^(1/2) is the sum of the singular values of C1^(1/2) C2^(1/2): no root of a matrix
    # that is not symmetric, and as exact where a covariance is singular (few images).
    roots = _root(first.covariance) @ _root(second.covariance)
    overlap = np.linalg.svd(roots, compute_uv=False).sum()
    variances = np.trace(first.covariance) + np.trace(second.covariance)
    return max(0.0, float(shift @ shift + variances - 2 * overlap))


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root; rounding may have made an eigenvalue negative."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
