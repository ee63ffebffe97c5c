import numpy as np
import pandas as pd
import pytest

from dittosim.sweep.front import OBJECTIVES, pareto_front
from dittosim.sweep.space import Scope


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("seed", range(20))
def test_no_other_machine_beats_it(scope: Scope, seed: int) -> None:
    """Few different values, so that machines are alike in some objectives, or in all."""
    values = np.random.default_rng(seed).integers(1, 6, (40, len(OBJECTIVES[scope])))
    results = pd.DataFrame(values, columns=OBJECTIVES[scope], index=range(100, 140))
    front = pareto_front(results, scope)
    beaten = [
        any((other <= one).all() and (other < one).any() for other in values) for one in values
    ]
    assert front.index.equals(results.index)
    assert front.tolist() == [not each for each in beaten]
    assert 0 < front.sum() < len(front)
    assert results[front].duplicated().any() or seed, "machines alike in all objectives"
