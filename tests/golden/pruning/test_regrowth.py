import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.pruning.regrowth import regrown, regrowth_share


def test_share_falls_by_a_cosine_to_nothing_at_the_last_selection():
    shares = [regrowth_share(0.3, epoch, 10) for epoch in range(11)]
    assert shares[0] == pytest.approx(0.3)
    assert shares[5] == pytest.approx(0.15)
    assert shares[10] == pytest.approx(0)
    assert shares == sorted(shares, reverse=True)
    assert regrowth_share(0.3, 12, 10) == pytest.approx(0)


@given(
    groups=st.sampled_from([1, 2, 4]),
    size=st.integers(1, 5),
    kept_each=st.integers(1, 5),
    share=st.floats(0, 1),
    seed=st.integers(0, 9),
)
def test_groups_stay_equal(groups, size, kept_each, share, seed):
    kept_each = min(kept_each, size)
    rng = np.random.default_rng(seed)
    kept = np.sort(
        np.concatenate([g * size + rng.permutation(size)[:kept_each] for g in range(groups)])
    )
    weight = rng.standard_normal((3, 3, 2, groups * size))
    found = regrown(weight, kept, share, rng, groups)
    assert found.dtype == np.int64
    assert (np.diff(found) > 0).all()
    assert set(kept) <= set(found)
    back = min(round(share * size), size - kept_each)
    counts = np.bincount(found // size, minlength=groups)
    assert counts.tolist() == [kept_each + back] * groups


def naive_odds(weight: np.ndarray, kept: np.ndarray, filter_: int) -> float:
    """exp of the squared distance from the span of the kept filters, by Gram and Schmidt."""
    rest = weight[..., filter_].ravel().astype(float)
    basis: list[np.ndarray] = []
    for other in kept:
        vector = weight[..., other].ravel().astype(float)
        for each in basis:
            vector = vector - each * (each @ vector)
        basis.append(vector / np.linalg.norm(vector))
    for each in basis:
        rest = rest - each * (each @ rest)
    return math.exp(rest @ rest)


def test_filters_come_back_with_the_odds_of_the_definition():
    rng = np.random.default_rng(0)
    weight = 0.6 * rng.standard_normal((2, 2, 1, 6))
    kept = np.array([1, 4])
    removed = [0, 2, 3, 5]
    odds = np.array([naive_odds(weight, kept, each) for each in removed])
    draws = 4000
    counts = np.zeros(6)
    for _ in range(draws):
        (back,) = set(regrown(weight, kept, 1 / 6, rng)) - set(kept)
        counts[back] += 1
    expected = draws * odds / odds.sum()
    deviations = np.sqrt(expected * (1 - odds / odds.sum()))
    assert odds.max() / odds.min() > 1.5
    assert (np.abs(counts[removed] - expected) < 4 * deviations).all()


def test_nothing_comes_back_of_a_whole_layer_or_for_no_share():
    weight, rng = np.ones((1, 1, 1, 4)), np.random.default_rng(0)
    assert regrown(weight, np.arange(4), 0.5, rng).tolist() == [0, 1, 2, 3]
    assert regrown(weight, np.array([2, 0]), 0.0, rng).tolist() == [0, 2]
