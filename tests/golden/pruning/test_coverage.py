import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.pruning.coverage import greedy_coverage
from tests.helpers import naive_pruning as naive
from tests.helpers.naive_pruning import as_sets


def random_clusters(seed: int, channels: int, filters: int) -> np.ndarray:
    """Clusters of any sizes, numbered through all channels."""
    rng = np.random.default_rng(seed)
    rows, first = [], 0
    for _ in range(channels):
        labels = rng.integers(rng.integers(1, filters + 1), size=filters)
        rows.append(first + np.unique(labels, return_inverse=True)[1])
        first = rows[-1].max() + 1
    return np.array(rows)


instances = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "channels": st.integers(1, 6),
        "per_group": st.integers(1, 4),
        "groups": st.integers(1, 3),
    }
)


@settings(deadline=None)
@given(instance=instances, data=st.data())
def test_greedy_as_by_the_definition(instance, data):
    groups, seed = instance["groups"], instance["seed"]
    filters = groups * instance["per_group"]
    clusters = random_clusters(seed, instance["channels"], filters)
    count = groups * data.draw(st.integers(1, instance["per_group"]))
    found = greedy_coverage(clusters, count, np.random.default_rng(seed), groups)
    sets = as_sets(clusters)
    expected = naive.greedy(sets, filters, count, groups, np.random.default_rng(seed))
    assert found.filters.tolist() == expected
    curve = [naive.covered(sets, expected[: n + 1]) for n in range(count)]
    assert found.covered.tolist() == curve


@settings(deadline=None)
@given(instance=instances, data=st.data())
def test_bound_against_exhaustive_search(instance, data):
    groups, per_group = instance["groups"], instance["per_group"]
    clusters = random_clusters(instance["seed"], instance["channels"], groups * per_group)
    kept = data.draw(st.integers(1, per_group))
    found = greedy_coverage(clusters, groups * kept, np.random.default_rng(0), groups)
    sets = as_sets(clusters)
    best = max(
        naive.covered(sets, chosen)
        for chosen in combinations(range(groups * per_group), groups * kept)
        if all(sum(f // per_group == group for f in chosen) == kept for group in range(groups))
    )
    bound = 1 - 1 / math.e if groups == 1 else 1 / 2
    assert bound * best <= found.covered[-1] <= best


def test_every_group_keeps_as_many():
    clusters = random_clusters(3, 7, 24)
    found = greedy_coverage(clusters, 12, np.random.default_rng(0), groups=4)
    assert np.bincount(found.filters // 6).tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize("groups", [1, 2])
def test_equals_are_drawn_with_the_seed(groups):
    same = np.zeros((3, 16), np.int64) + np.arange(3)[:, None]

    def chosen(seed: int) -> list[int]:
        return greedy_coverage(same, 8, np.random.default_rng(seed), groups).filters.tolist()

    assert chosen(1) == chosen(1)
    assert len({tuple(chosen(seed)) for seed in range(10)}) == 10
    # One filter covers all.
    assert greedy_coverage(same, 8, np.random.default_rng(0), groups).covered.tolist() == [3] * 8
