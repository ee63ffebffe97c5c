"""Machines that no other one beats."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dittosim.sweeps.space import Goal


def pareto_front(results: pd.DataFrame, goals: Mapping[str, Goal]) -> pd.Series:
    """Whether no other machine is as good in all goals and better in one; bool (machines,).

    Those on other workloads do not count.
    """
    flags = pd.Series(False, results.index)
    for _, alike in results.groupby("workload", sort=False):
        flags[alike.index] = _front(alike, goals)
    return flags


def _front(results: pd.DataFrame, goals: Mapping[str, Goal]) -> np.ndarray:
    values = results[list(goals)].to_numpy(float)
    values = values * [1 if goal is Goal.MIN else -1 for goal in goals.values()]
    flags = np.zeros(len(values), bool)
    best = np.empty((0, values.shape[1]))
    for place in np.lexsort(values.T[::-1]):  # what beats a machine comes before it
        beaten = (best <= values[place]).all(axis=1) & (best < values[place]).any(axis=1)
        if not beaten.any():
            flags[place] = True
            best = np.vstack([best, values[place]])
    return flags
