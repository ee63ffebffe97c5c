"""A sweep as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dittosim.drawing import Axes, Figure
from dittosim.plots import save_figure
from dittosim.sweep.space import Scope

if TYPE_CHECKING:
    import pandas as pd

_GREEN = "#31a354"


def plot_sweep(results: "pd.DataFrame", scope: Scope, fields: Sequence[str], path: Path) -> None:
    """Area against time, or against cycles of the tiles; the front is labelled with its fields."""
    figure = Figure(figsize=(8, 5.5))
    axis = figure.subplots()
    if scope is Scope.TILES:
        _tiles(axis, results, fields)
    else:
        _machines(figure, axis, results, fields)
    axis.margins(x=0.12)
    save_figure(figure, path)


def _tiles(axis: Axes, results: "pd.DataFrame", fields: Sequence[str]) -> None:
    x, y = results["cycles"] / 1e6, results["area_um2"] / 1e6
    axis.scatter(x, y, color="#bdbdbd", label="machines")
    front = results[results["pareto"]].sort_values("cycles").index
    axis.plot(x[front], y[front], "o-", color=_GREEN, label="Pareto front")
    axis.set(xlabel="million cycles", ylabel="area of tiles without memories, mm2 (45 nm)")
    _label(axis, results, x, y, fields)
    axis.legend(frameon=False, title=" / ".join(fields))


def _machines(figure: Figure, axis: Axes, results: "pd.DataFrame", fields: Sequence[str]) -> None:
    x, y = results["time_ms"], results["area_mm2"]
    front = results["pareto"]
    points = axis.scatter(x, y, c=results["energy_uj"], cmap="viridis_r", s=36)
    axis.scatter(
        x[front], y[front], s=110, facecolors="none", edgecolors=_GREEN, label="Pareto front"
    )
    figure.colorbar(points, ax=axis, label="energy, uJ")
    axis.set(xlabel="time, ms", ylabel="area with memories, mm2 (45 nm)")
    _label(axis, results, x, y, fields)
    axis.legend(frameon=False, title=" / ".join(fields))


def _label(
    axis: Axes, results: "pd.DataFrame", x: "pd.Series", y: "pd.Series", fields: Sequence[str]
) -> None:
    for point in results[results["pareto"]].index:
        axis.annotate(
            " / ".join(str(results.loc[point, field]) for field in fields),
            (x[point], y[point]),
            xytext=(6, 4),
            textcoords="offset points",
            fontsize=8,
        )
