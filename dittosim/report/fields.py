"""What columns of results mean: their kind, what is better, what a page shows first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from dittosim.report.results import CYCLES, Results
from dittosim.sweeps.front import pareto_front
from dittosim.sweeps.space import OBJECTIVES, Goal
from golden.machine.config import MachineConfig

PARETO, WORKLOAD, MEMORY = "pareto", "workload", "memory"
CHOICES = ("workload", "flow", "design")
"""Columns of which several values can be chosen by name"""
CONDITIONS = (MEMORY, WORKLOAD)
"""What points must have in common to be compared, the first that there is"""
RUN = ("point", "hash", *CHOICES, MEMORY, "bytes_per_cycle", "steps", "images", "seed", PARETO)
DESIGN_GOALS = (CYCLES, "tiles_um2", "energy_uj")
"""Of results that name no objectives, and are none of a sweep's"""
MORE_IS_BETTER = ("speedup", "slots_busy", "could_be_busy")
MAIN = {
    "cycles": "cycles of all steps",
    "moved_bytes": "bytes over the bus",
    "clock_ns": "clock period of the slowest module, ns, fitted",
    "time_ms": "cycles x clock, ms",
    "logic_um2": "logic of all modules, um2 (45 nm), fitted",
    "memories_um2": "all memory macros, um2 (45 nm)",
    "area_mm2": "logic and memories, mm2 (45 nm)",
    "area_um2": "logic of all tiles, um2 (45 nm), fitted",
    "tiles_um2": "logic of all tiles, um2 (45 nm), fitted",
    "energy_uj": "energy of all steps, uJ, scaled",
    "power_mw": "energy / time, mW",
    "energy_delay_uj_ms": "energy x time, uJ ms",
    "area_delay_mm2_ms": "area x time, mm2 ms",
    "bound": "cycles that slots / lanes bound from below",
    "dense": "cycles of a dense machine",
    "over_bound": "cycles / bound",
    "speedup": "dense / cycles",
}
"""Figures of a machine, and what they are"""
BEST = (
    "time_ms",
    "area_mm2",
    "energy_uj",
    "power_mw",
    "energy_delay_uj_ms",
    "area_delay_mm2_ms",
    "cycles",
    "area_um2",
    "tiles_um2",
    "speedup",
)
"""Figures whose best machines are named"""


class Kind(StrEnum):
    """Groups in which columns are chosen."""

    RUN = "Run"
    MACHINE = "Machine"
    FIGURES = "Figures"
    CAUSES = "Cycles by cause"
    PARTS = "Energy by part"
    OTHER = "Other"


def kind_of(name: str) -> Kind:
    """The group of a column."""
    if name in RUN:
        return Kind.RUN
    if name in MachineConfig.model_fields:
        return Kind.MACHINE
    if name in MAIN:
        return Kind.FIGURES
    if name.startswith("cycles_"):
        return Kind.CAUSES
    if name.startswith("energy_uj_"):
        return Kind.PARTS
    return Kind.OTHER


def meaning_of(name: str) -> str:
    """What a column says, as far as that is known."""
    field = MachineConfig.model_fields.get(name)
    return (field.description or "") if field else MAIN.get(name, "")


@dataclass(frozen=True)
class Meaning:
    """How the columns of results are taken."""

    goals: Mapping[str, Goal]
    """What the front is of"""
    better: Mapping[str, Goal]
    """For every column of numbers, to begin with"""
    group: str | None
    """Column of what points must have in common to be compared"""
    varying: Sequence[str]
    """Columns by which machines and runs differ"""
    shown: Sequence[str]
    """Columns in the table, to begin with"""
    best: Sequence[str]
    """Figures whose best machines are named"""


def with_front(results: Results) -> tuple[pd.DataFrame, Meaning]:
    """The points with their Pareto front, which is found where a file does not have it."""
    points = results.points
    numbers = [str(name) for name in points if pd.api.types.is_numeric_dtype(points[name])]
    goals = _goals(results, numbers)
    group = next((name for name in CONDITIONS if name in points), None)
    if PARETO not in points or not pd.api.types.is_bool_dtype(points[PARETO]):
        alike = points[group].astype(str) if group else "all"
        front = pareto_front(points.assign(**{WORKLOAD: alike}), goals)
        points = points.assign(**{PARETO: front})
    varying = [name for name in (*CHOICES, MEMORY) if _varies(points, name)]
    varying += [name for name in MachineConfig.model_fields if _varies(points, name)]
    figures = [name for name in (*goals, *MAIN) if name in numbers]
    better = {
        name: Goal.MAX if name in MORE_IS_BETTER else Goal.MIN for name in numbers if name != PARETO
    }
    meaning = Meaning(
        goals=goals,
        better={**better, **goals},
        group=group,
        varying=varying,
        shown=list(dict.fromkeys([*varying, *figures, PARETO])),
        best=list(dict.fromkeys([*goals, *(name for name in BEST if name in numbers)])),
    )
    return points, meaning


def _varies(points: pd.DataFrame, name: str) -> bool:
    if name not in points:
        return False
    column = points[name]
    # Tables in a cell have no order and no hash.
    return (column.astype(str) if column.dtype == object else column).nunique(dropna=False) > 1


def _goals(results: Results, numbers: Sequence[str]) -> dict[str, Goal]:
    told = results.about.space.get("objectives")
    named = {
        name: Goal(goal)
        for name, goal in (told.items() if isinstance(told, dict) else ())
        if name in numbers and goal in list(Goal)
    }
    if named:
        return named
    for names in (*OBJECTIVES.values(), DESIGN_GOALS):
        if set(names) <= set(numbers):
            return dict.fromkeys(names, Goal.MIN)
    return {CYCLES: Goal.MIN}
