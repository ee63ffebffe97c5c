"""The best machines of a sweep as a table."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.table import Table

from dittosim.console import result_table
from dittosim.sweeps.figures import Scope
from dittosim.sweeps.space import OBJECTIVES, Goal, Space

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: dict[Scope, dict[str, Callable[[Any], str]]] = {
    Scope.STEPS: {
        "million\ncycles": lambda row: f"{row['cycles'] / 1e6:,.3f}",
        "clock\nns": lambda row: f"{row['clock_ns']:.2f}",
        "time\nms": lambda row: f"{row['time_ms']:,.2f}",
        "area\nmm2": lambda row: f"{row['area_mm2']:.2f}",
        "energy\nuJ": lambda row: f"{row['energy_uj']:,.0f}",
        "energy\nx time": lambda row: f"{row['energy_delay_uj_ms']:,.0f}",
        "area\nx time": lambda row: f"{row['area_delay_mm2_ms']:,.2f}",
    },
    Scope.TILES: {
        "cycles": lambda row: f"{row['cycles']:,.0f}",
        "over\nbound": lambda row: f"{row['over_bound']:.3f}",
        "area\nmm2": lambda row: f"{row['area_um2'] / 1e6:.4f}",
        "cycles\nx area": lambda row: f"{row['cycles'] * row['area_um2'] / 1e12:.3f} M",
    },
}
_TITLES = {
    Scope.STEPS: "Pareto-optimal machines: time against area against energy",
    Scope.TILES: "Pareto-optimal tiles: cycles against area",
}
MOST = 30
"""Machines that are shown"""


def varying(space: Space) -> list[str]:
    """Columns by which points differ."""
    more = {"workload": len(space.workloads), "flow": len(space.flows)}
    return [*(name for name, count in more.items() if count > 1), *space.grid]


def front_table(results: "pd.DataFrame", space: Space) -> Table:
    """The front, the best by its first goal first; the rest is counted below."""
    fields, goals = varying(space), space.goals
    names = [field.replace("_", "\n") for field in fields]
    shown = dict(_COLUMNS[space.scope])
    for name in goals:
        if name not in OBJECTIVES[space.scope]:
            shown.setdefault(name.replace("_", "\n"), partial(_cell, name))
    table = result_table(_title(space), names[0], *names[1:], *shown)
    for column in table.columns:  # a grid of many fields is wider than any terminal
        column.no_wrap, column.overflow = False, "fold"
    for _, row in best_first(results, space)[:MOST].iterrows():
        table.add_row(
            *(str(row[field]) for field in fields), *(cell(row) for cell in shown.values())
        )
    return table


def _cell(name: str, row: Any) -> str:
    return f"{row[name]:,.4g}"


def best_first(results: "pd.DataFrame", space: Space) -> "pd.DataFrame":
    """The front of each workload, by the first goal."""
    first, goal = next(iter(space.goals.items()))
    front = results[results["pareto"]].sort_values(first, ascending=goal is Goal.MIN, kind="stable")
    order: Sequence[str] = list(dict.fromkeys(results["workload"]))
    return front.sort_values("workload", key=lambda names: names.map(order.index), kind="stable")


def _title(space: Space) -> str:
    if space.objectives is None:
        return _TITLES[space.scope]
    words = {Goal.MIN: "least", Goal.MAX: "most"}
    goals = (f"{words[goal]} {name}" for name, goal in space.objectives.items())
    return f"Pareto-optimal points: {', '.join(goals)}"
