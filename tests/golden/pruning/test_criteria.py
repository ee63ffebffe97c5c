import numpy as np
import pytest

from golden.pruning.criteria import highest, l1_norms, median_distances
from tests.helpers import naive_pruning as naive


@pytest.mark.parametrize("shape", [(3, 3, 4, 12), (4, 12)])
def test_scores_of_the_other_criteria(shape):
    weight = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    filters = [weight[..., n].ravel().tolist() for n in range(12)]
    norms = [sum(map(abs, each)) for each in filters]
    distances = [sum(naive.euclidean(each, other) for other in filters) for each in filters]
    np.testing.assert_allclose(l1_norms(weight), norms)
    np.testing.assert_allclose(median_distances(weight), distances)


def test_highest_of_each_group():
    scores = np.array([5.0, 1.0, 4.0, 9.0, 8.0, 7.0])
    assert highest(scores, 2).tolist() == [3, 4]
    assert highest(scores, 4, groups=2).tolist() == [0, 2, 3, 4]
    assert highest(np.ones(6), 4, groups=2).tolist() == [0, 1, 3, 4]


def test_copies_are_no_farther_than_rounding():
    weight = np.random.default_rng(0).standard_normal((3, 3, 4, 1)).astype(np.float32)
    assert median_distances(np.repeat(weight, 5, axis=-1)).max() < 1e-6
