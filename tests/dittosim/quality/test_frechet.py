import numpy as np
import pytest
import scipy.linalg

from dittosim.quality.frechet import Gaussian, frechet_distance


def features(seed: int, count: int = 200, n: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((count, n)) @ rng.standard_normal((n, n))
    return (mixed + rng.standard_normal(n)).astype(np.float32)


def diagonal(deviations: list[float], mean: float = 0.0) -> Gaussian:
    return Gaussian(np.full(len(deviations), mean), np.diag(np.square(deviations)))


def naive(first: Gaussian, second: Gaussian) -> float:
    """The equation as it stands in the paper."""
    root = scipy.linalg.sqrtm(first.covariance @ second.covariance)
    shift = ((first.mean - second.mean) ** 2).sum()
    return shift + np.trace(first.covariance + second.covariance - 2 * root).real


def test_estimates():
    values = features(0)
    gaussian = Gaussian.of(values)
    centred = values.astype(np.float64) - values.astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(gaussian.mean, values.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(gaussian.covariance, centred.T @ centred / 199)


def test_a_single_feature():
    assert Gaussian.of(np.array([[1.0], [3.0]])).covariance == pytest.approx(np.array([[2.0]]))


def test_identical():
    gaussian = Gaussian.of(features(0))
    assert frechet_distance(gaussian, gaussian) == pytest.approx(0, abs=1e-9)


def test_shifted_mean():
    values = features(0)
    shifted = values.astype(np.float64) + np.array([3, 0, 4, 0, 0, 0])
    found = frechet_distance(Gaussian.of(values), Gaussian.of(shifted))
    assert found == pytest.approx(25)


def test_diagonal_covariances():
    found = frechet_distance(diagonal([1, 2, 0]), diagonal([4, 2, 2], mean=1))
    assert found == pytest.approx(3 + 9 + 0 + 4)


@pytest.mark.parametrize("seed", range(5))
def test_paper(seed):
    first, second = Gaussian.of(features(2 * seed)), Gaussian.of(features(2 * seed + 1))
    found = frechet_distance(first, second)
    assert found > 1
    assert found == pytest.approx(naive(first, second))
    assert found == pytest.approx(frechet_distance(second, first))


def test_fewer_images_than_features():
    first, second = features(0, count=3), features(1, count=4)
    few = Gaussian.of(first)
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-9)
    # Both lie in the same few dimensions, wherever the axes are.
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))
    found = frechet_distance(few, Gaussian.of(second))
    turned = frechet_distance(Gaussian.of(first @ turn), Gaussian.of(second @ turn))
    assert turned == pytest.approx(found)
