"""A sweep as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dittosim.drawing import Axes, Figure
from dittosim.plots import save_figure
from dittosim.sweeps.space import OBJECTIVES, Space
from dittosim.sweeps.tables import varying

if TYPE_CHECKING:
    import pandas as pd

_GREEN = "#31a354"
_UNITS = {
    "cycles": (1e6, "million cycles"),
    "area_um2": (1e6, "area of tiles without memories, mm2 (45 nm)"),
    "time_ms": (1.0, "time, ms"),
    "area_mm2": (1.0, "area with memories, mm2 (45 nm)"),
    "energy_uj": (1.0, "energy, uJ"),
}
"""By what figures are divided, and what the axis says"""
MOST_LABELS = 20


def plot_sweep(results: "pd.DataFrame", space: Space, path: Path) -> None:
    """Writes :func:`sweep_figure`."""
    save_figure(sweep_figure(results, space), path)


def sweep_figure(results: "pd.DataFrame", space: Space) -> Figure:
    """The first two goals against each other, the third as a colour; the front is labelled.

    A workload has a picture of its own, side by side.
    """
    workloads = list(dict.fromkeys(results["workload"]))
    figure = Figure(figsize=(8 * len(workloads), 5.5))
    axes = figure.subplots(1, len(workloads), squeeze=False)[0]
    for axis, workload in zip(axes, workloads, strict=True):
        if len(workloads) > 1:
            axis.set_title(workload)
        _draw(figure, axis, results[results["workload"] == workload], space)
        axis.margins(x=0.12)
    return figure


def _draw(figure: Figure, axis: Axes, results: "pd.DataFrame", space: Space) -> None:
    names = list(dict.fromkeys([*space.goals, *OBJECTIVES[space.scope]]))
    (x, x_label), (y, y_label) = (_scaled(results, name) for name in names[:2])
    front, fields = results["pareto"], varying(space)
    if len(space.goals) > 2:
        colour, label = _scaled(results, names[2])
        points = axis.scatter(x, y, c=colour, cmap="viridis_r", s=36)
        figure.colorbar(points, ax=axis, label=label)
        axis.scatter(
            x[front], y[front], s=110, facecolors="none", edgecolors=_GREEN, label="Pareto front"
        )
    else:
        axis.scatter(x, y, color="#bdbdbd", label="machines")
        order = results[front].sort_values(names[0]).index
        axis.plot(x[order], y[order], "o-", color=_GREEN, label="Pareto front")
    axis.set(xlabel=x_label, ylabel=y_label)
    if front.sum() <= MOST_LABELS:
        _label(axis, results[front], x, y, fields)
    axis.legend(frameon=False, title=" / ".join(fields))


def _scaled(results: "pd.DataFrame", name: str) -> tuple["pd.Series", str]:
    factor, label = _UNITS.get(name, (1.0, name))
    return results[name] / factor, label


def _label(
    axis: Axes, front: "pd.DataFrame", x: "pd.Series", y: "pd.Series", fields: Sequence[str]
) -> None:
    for point in front.index:
        axis.annotate(
            " / ".join(str(front.loc[point, field]) for field in fields),
            (x[point], y[point]),
            xytext=(6, 4),
            textcoords="offset points",
            fontsize=8,
        )
