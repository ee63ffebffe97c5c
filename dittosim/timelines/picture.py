"""The picture of a timeline: a row per unit, darker the more of the time it is busy.

However many cycles are shown, a row is a strip of points, each the share of its cycles in which the
unit is busy; where there are fewer cycles than points, these are bars.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dittosim.drawing import Axes, Figure, mpl
from dittosim.plots import MODE_COLORS, save_figure
from dittosim.timelines.activity import StepActivity
from dittosim.timelines.labels import label_above
from golden.difference.matmul import Mode
from sim.run.activity import Unit

POINTS = 1500
"""Across the picture"""
FAINTEST = 0.2
"""Of a point in which a unit is busy for a single cycle"""
WIDTH, ROW = 13.0, 0.3
"""Inches: of the rows, of one row"""
COLORS = {
    "output stage": "#756bb1",
    "vector unit": "#3182bd",
    "memory reads": "#17a2a2",
    "memory writes": "#d6604d",
}
"""Of engines that work the same in every mode"""
MODED = (Unit.CHOICES, Unit.PASSES)
"""Rows whose colors are modes"""


@dataclass(frozen=True)
class _Span:
    """In cycles of all that is drawn, the last one not included."""

    first: int
    end: int
    color: str


def plot_timeline(
    steps: Sequence[StepActivity], title: str, first: int, cycles: int, path: Path
) -> None:
    """Writes :func:`timeline_figure`."""
    save_figure(timeline_figure(steps, title, first, cycles), path)


def timeline_figure(steps: Sequence[StepActivity], title: str, first: int, cycles: int) -> Figure:
    """``cycles`` cycles from ``first`` on of steps that follow each other."""
    rows = _rows(steps)
    figure = Figure(figsize=(WIDTH, ROW * len(rows) + 0.6))
    axis = figure.add_axes((0, 0, 1, 1))
    end = first + cycles
    for place, spans in enumerate(rows.values()):
        strip, share = _strip(spans, first, end)
        axis.imshow(
            strip,
            extent=(first, end, place + 0.42, place - 0.42),
            aspect="auto",
            interpolation="nearest",
        )
        axis.text(
            1.008, place, f"{100 * share:.0f} %", transform=_beside(axis), va="center", fontsize=8
        )
    axis.text(1.008, -0.9, "busy", transform=_beside(axis), va="center", fontsize=8)
    axis.set_yticks(range(len(rows)), [_row_label(unit) for unit in rows], fontsize=8)
    axis.set(xlim=(first, end), ylim=(len(rows) - 0.5, -0.5))
    axis.xaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,.0f}"))
    axis.set_xlabel("cycles", fontsize=8)
    axis.tick_params(axis="x", labelsize=8)
    axis.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    label_above(axis, steps, title, (first, end), 72 * WIDTH)
    _legend(figure, axis, rows)
    return figure


def _beside(axis: Axes) -> Any:
    """Across in shares of the axis, down in rows."""
    return mpl.transforms.blended_transform_factory(axis.transAxes, axis.transData)


def _row_label(unit: Unit) -> str:
    return unit.label if unit.engine in ("queue", "array") else f"{unit.engine}: {unit.label}"


def _rows(steps: Sequence[StepActivity]) -> dict[Unit, list[_Span]]:
    """Spans of every unit that does anything, from top to bottom."""
    rows: dict[Unit, list[_Span]] = {unit: [] for unit in Unit if unit is not Unit.LAYERS}
    before = 0
    for step in steps:
        for busy in step.units:
            if busy.unit is Unit.LAYERS:
                continue
            mode = step.layers[busy.layer].mode
            color = (
                MODE_COLORS[mode or Mode.ACT] if busy.unit in MODED else COLORS[busy.unit.engine]
            )
            rows[busy.unit].append(_Span(before + busy.first, before + busy.last + 1, color))
        before += step.counters.cycles
    return {unit: spans for unit, spans in rows.items() if spans}


def _strip(spans: Iterable[_Span], first: int, end: int) -> tuple[np.ndarray, float]:
    """Colors float (1, points, 4) of a row, and in which share of the cycles it is busy."""
    points = min(POINTS, end - first)
    edges = np.linspace(first, end, points + 1)
    by_color: dict[str, list[_Span]] = {}
    for span in spans:
        by_color.setdefault(span.color, []).append(span)
    strip = np.zeros((points, 4))
    busy = np.zeros(points)
    for color, own in by_color.items():
        share = _share(own, edges)
        strip[:, :3] += share[:, np.newaxis] * mpl.colors.to_rgb(color)
        busy += share
    shown = busy > 0
    strip[shown, :3] /= busy[shown, np.newaxis]
    strip[shown, 3] = FAINTEST + (1 - FAINTEST) * np.minimum(busy[shown], 1)
    return np.clip(strip, 0, 1)[np.newaxis], float(busy.mean())


def _share(spans: Sequence[_Span], edges: np.ndarray) -> np.ndarray:
    """Which share of the cycles between neighbouring edges lies in spans, which do not overlap."""
    turns = np.array([(span.first, span.end) for span in spans]).ravel()
    lengths = np.array([[0, span.end - span.first] for span in spans]).ravel()
    return np.diff(np.interp(edges, turns, np.cumsum(lengths))) / np.diff(edges)


def _legend(figure: Figure, axis: Axes, rows: Mapping[Unit, Sequence[_Span]]) -> None:
    colors = {span.color for unit in MODED for span in rows.get(unit, [])}
    entries = {f"in {mode.value}": color for mode, color in MODE_COLORS.items() if color in colors}
    engines = dict.fromkeys(unit.engine for unit in rows)
    entries |= {engine: COLORS[engine] for engine in engines if engine in COLORS}
    patches = [mpl.patches.Patch(color=color, label=name) for name, color in entries.items()]
    axis.legend(
        handles=patches,
        loc="upper left",
        # Below the label of the axis.
        bbox_to_anchor=(0, -32 / (72 * figure.get_figheight())),
        ncols=len(patches),
        frameon=False,
        fontsize=8,
        title="darker: busy for more of the cycles of a point",
        title_fontsize=8,
        alignment="left",
        borderaxespad=0,
    )
