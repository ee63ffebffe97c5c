import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.pruning.clustering import Linkage
from golden.pruning.selection import Criterion, select_filters
from tests.helpers import naive_pruning as naive


def random_weight(seed: int, filters: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((3, 3, 4, filters)).astype(np.float32)


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    linkage=st.sampled_from(Linkage),
    groups=st.sampled_from([1, 2, 3]),
    per_group=st.integers(1, 2),
)
def test_algorithm_1_as_by_the_definitions(seed, linkage, groups, per_group):
    weight, filters, count = random_weight(seed, 3 * groups), 3 * groups, per_group * groups
    found = select_filters(
        weight, count, np.random.default_rng(seed), groups=groups, linkage=linkage
    )
    clusters = naive.clusters_of_layer(weight, filters - count, linkage)
    chosen = naive.greedy(clusters, filters, count, groups, np.random.default_rng(seed))
    assert found.kept.tolist() == sorted(chosen)
    assert found.clusters.tolist() == [len(channel) for channel in clusters]
    total = sum(map(len, clusters))
    curve = [naive.covered(clusters, chosen[: n + 1]) / total for n in range(count)]
    assert found.coverage.tolist() == curve


@pytest.mark.parametrize("criterion", Criterion)
def test_every_criterion_keeps_as_many_of_each_group(criterion):
    def select(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return select_filters(random_weight(0), 6, rng, groups=3, criterion=criterion).kept

    assert select(0).tolist() == select(0).tolist()
    assert (np.diff(select(0)) > 0).all()
    assert np.bincount(select(0) // 4).tolist() == [2, 2, 2]


def test_random_depends_on_the_seed():
    found = {
        tuple(
            select_filters(
                random_weight(0), 6, np.random.default_rng(seed), criterion=Criterion.RANDOM
            ).kept
        )
        for seed in range(10)
    }
    assert len(found) > 5


@pytest.mark.parametrize("criterion", Criterion)
def test_equal_filters(criterion):
    weight = np.ones((3, 3, 4, 6), np.float32)
    found = select_filters(weight, 2, np.random.default_rng(0), criterion=criterion)
    assert len(found.kept) == 2
    if criterion is Criterion.REPRUNE:
        assert found.clusters.tolist() == [1] * 4
        assert found.coverage.tolist() == [1, 1]


def test_all_filters_stay():
    found = select_filters(random_weight(0), 12, np.random.default_rng(0))
    assert found.kept.tolist() == list(range(12))
    assert found.clusters is None


@pytest.mark.parametrize(("count", "groups"), [(0, 1), (13, 1), (-1, 1), (5, 3), (5, 5)])
def test_impossible_counts(count, groups):
    with pytest.raises(ValueError, match=f"cannot keep {count} of 12 filters in {groups}"):
        select_filters(random_weight(0), count, np.random.default_rng(0), groups=groups)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("criterion", Criterion)
def test_weights_that_are_not_finite(criterion, value):
    weight = random_weight(0)
    weight[0, 0, 1, 2] = value
    with pytest.raises(ValueError, match="not finite"):
        select_filters(weight, 6, np.random.default_rng(0), criterion=criterion)
