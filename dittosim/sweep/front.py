"""Machines that no other one beats."""

import numpy as np
import pandas as pd

from dittosim.sweep.space import Scope

OBJECTIVES = {
    Scope.STEPS: ("time_ms", "area_mm2", "energy_uj"),
    Scope.TILES: ("cycles", "area_um2"),
}
"""Columns of the results that are to be small"""


def pareto_front(results: pd.DataFrame, scope: Scope) -> pd.Series:
    """Whether no other machine is as good in all objectives and better in one; bool (machines,)."""
    values = results[list(OBJECTIVES[scope])].to_numpy(float)
    order = np.lexsort(values.T[::-1])
    front: list[int] = []
    for place in order:  # what beats a machine comes before it
        best = values[front]
        beaten = (best <= values[place]).all(axis=1) & (best < values[place]).any(axis=1)
        if not beaten.any():
            front.append(place)
    flags = np.zeros(len(values), bool)
    flags[front] = True
    return pd.Series(flags, results.index)
