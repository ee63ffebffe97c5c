import numpy as np
import pandas as pd
import pytest

from dittosim.sweeps.front import pareto_front
from dittosim.sweeps.space import OBJECTIVES, Goal, Scope

NAMES = [*OBJECTIVES.values(), ("speedup",)]


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("seed", range(20))
def test_no_other_machine_beats_it(names: tuple[str, ...], seed: int) -> None:
    """Few different values, so that machines are alike in some goals, or in all."""
    rng = np.random.default_rng(seed)
    values = rng.integers(1, 6, (40, len(names)))
    goals = {name: (Goal.MIN, Goal.MAX)[(seed + n) % 2] for n, name in enumerate(names)}
    results = pd.DataFrame(values, columns=names, index=range(100, 140))
    results["workload"] = rng.choice(["a", "b"], 40)
    front = pareto_front(results, goals)
    signs = np.array([1 if goal is Goal.MIN else -1 for goal in goals.values()])
    expected = []
    for workload, one in zip(results["workload"], values * signs, strict=True):
        others = (values * signs)[results["workload"] == workload]
        expected.append(not any((o <= one).all() and (o < one).any() for o in others))
    assert front.index.equals(results.index)
    assert front.tolist() == expected
    assert 0 < front.sum() < len(front)
    assert results[front].duplicated().any() or seed, "machines alike in all goals"


def test_scopes_have_goals() -> None:
    assert set(OBJECTIVES) == set(Scope)
