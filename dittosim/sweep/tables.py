"""The best machines of a sweep as a table."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from dittosim.console import result_table
from dittosim.sweep.space import Scope

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


def front_table(results: "pd.DataFrame", scope: Scope, fields: Sequence[str]) -> Table:
    """The front, fastest first."""
    names = [field.replace("_", "\n") for field in fields]
    columns = _COLUMNS[scope]
    table = result_table(_TITLES[scope], names[0], *names[1:], *columns)
    for column in table.columns:  # a grid of many fields is wider than any terminal
        column.no_wrap, column.overflow = False, "fold"
    front = results[results["pareto"]]
    first = "time_ms" if scope is Scope.STEPS else "cycles"
    for _, row in front.sort_values(first).iterrows():
        table.add_row(
            *(str(row[field]) for field in fields), *(cell(row) for cell in columns.values())
        )
    return table
