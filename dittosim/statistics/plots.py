"""The pictures of a run's statistics."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from dittosim.drawing import Axes, Figure, ListedColormap, LogNorm, Normalize, mpl
from dittosim.plots import MODE_COLORS
from dittosim.statistics import paper
from dittosim.statistics.averages import (
    flow_bytes,
    layer_averages,
    layer_by_step,
    relative_bit_operations,
)
from dittosim.statistics.report import MODE_NAMES, Report
from golden.difference.matmul import Mode
from golden.flow.traffic import Traffic

KIND_COLORS = ["#bdbdbd", "#74a9cf", "#034e7b", "#fdae6b", "#e6550d", "#a63603"]
NO_VALUE = "#f0f0f0"
LEAST_DISTANCE = 1e-6


def cosine_figure(report: Report) -> Figure:
    """One minus the cosine with the previous step, per layer and step, on a logarithmic scale."""
    distances = (1 - layer_by_step(report, Mode.TEMPORAL, "cosine")).clip(LEAST_DISTANCE, 1)
    return _heat_map(distances, "1 - cosine", LogNorm())


def neighbour_figure(report: Report) -> Figure:
    """Cosine with the previous step and with the neighbouring row, per layer."""
    averages = layer_averages(report)
    figure, axis = _layers(report)
    for number, (mode, average) in enumerate(
        [(Mode.TEMPORAL, paper.TEMPORAL_COSINE), (Mode.SPATIAL, paper.SPATIAL_COSINE)]
    ):
        places = np.arange(len(averages)) + 0.4 * number
        values = averages[f"cosine_{mode}"]
        axis.barh(places, values, 0.4, color=MODE_COLORS[mode], label=MODE_NAMES[mode])
        _paper_line(axis, average, None if number else "paper*")
    _name_layers(axis, report.layers, 0.2)
    axis.set(xlabel="cosine", xlim=(0, 1))
    _legend(axis)
    return figure


def range_figure(report: Report) -> Figure:
    """How many times narrower differences are than values, per layer."""
    averages = layer_averages(report)
    figure, axis = _layers(report)
    for number, mode in enumerate((Mode.TEMPORAL, Mode.SPATIAL)):
        places = np.arange(len(averages)) + 0.4 * number
        values = averages[f"range_ratio_{mode}"]
        axis.barh(places, values, 0.4, color=MODE_COLORS[mode], label=MODE_NAMES[mode])
    _paper_line(axis, paper.RANGE_RATIO, "paper*, temporal")
    _name_layers(axis, report.layers, 0.2)
    axis.set(xlabel="range of values / range of differences")
    _legend(axis)
    return figure


def zero_figure(report: Report) -> Figure:
    """Share of temporal differences that are zero, per layer and step."""
    counts = [
        layer_by_step(report, Mode.TEMPORAL, name).astype(float)
        for name in ("zero", "narrow", "wide")
    ]
    shares = 100 * counts[0] / sum(counts)
    shares[0] = np.nan
    return _heat_map(shares, "% zero")


def operations_figure(report: Report) -> Figure:
    """BOPs of all layers, per step."""
    shares = relative_bit_operations(report)
    figure = Figure(figsize=(8, 3.4))
    axis = figure.subplots()
    for mode, name in MODE_NAMES.items():
        values = shares[mode.value].where((shares.index > 0) | (mode is not Mode.TEMPORAL))
        axis.plot(shares.index, values, ".-", color=MODE_COLORS[mode], label=name)
    axis.set(xlabel="denoising step", ylabel="BOPs / dense 8-bit BOPs", ylim=(0, None))
    _legend(axis)
    return figure


def traffic_figure(report: Report) -> Figure:
    """Bytes of an image by kind, per execution flow."""
    totals = flow_bytes(report)
    figure = Figure(figsize=(8, 0.5 + 0.42 * len(totals)))
    axis = figure.subplots()
    left = np.zeros(len(totals))
    for field, color in zip(fields(Traffic), KIND_COLORS, strict=True):
        part = np.array([getattr(total, field.name) / 1e6 for total in totals.values()])
        axis.barh(list(totals), part, left=left, color=color, label=field.name.replace("_", " "))
        left += part
    for place, total in enumerate(left):
        axis.text(total, place, f" {total / left[0]:.2f}x", va="center", fontsize=9)
    axis.invert_yaxis()
    axis.margins(x=0.08)
    axis.set(xlabel="MB of an image")
    _legend(axis)
    return figure


def decision_figure(report: Report) -> Figure:
    """The modes that Defo and Defo+ run, per layer and step; crosses where another was cheaper."""
    flows = report.judgements
    figure = Figure(figsize=(5.4 * len(flows), _height(report)))
    axes = figure.subplots(1, len(flows), sharey=True, squeeze=False)[0]
    colors = ListedColormap([MODE_COLORS[mode] for mode in MODE_NAMES])
    order = list(MODE_NAMES)
    for axis, (flow, judgement) in zip(axes, flows.items(), strict=True):
        numbers = [[order.index(m) for m in judgement.modes[name]] for name in report.layers]
        axis.imshow(
            numbers, cmap=colors, vmin=0, vmax=len(order) - 1, aspect="auto", interpolation="none"
        )
        wrong = report.wrong_decisions(flow)
        places = [report.layers.index(layer) for layer, _ in wrong]
        axis.plot([step for _, step in wrong], places, "kx", markersize=4, markeredgewidth=0.8)
        axis.set(title=flow, xlabel="denoising step")
    _name_layers(axes[0], report.layers)
    axes[0].legend(
        handles=[
            *(mpl.patches.Patch(color=MODE_COLORS[m], label=n) for m, n in MODE_NAMES.items()),
            mpl.lines.Line2D(
                [], [], color="k", marker="x", linestyle="", label="another is cheaper"
            ),
        ],
        loc="lower left",
        bbox_to_anchor=(0, 1.08),
        ncols=4,
        frameon=False,
    )
    return figure


def cycles_figure(report: Report) -> Figure:
    """Cycles of an image, per execution flow."""
    totals = report.flow_cycles
    figure = Figure(figsize=(8, 0.5 + 0.36 * len(totals)))
    axis = figure.subplots()
    values = [total / 1e6 for total in totals.values()]
    hatches = ["//" if name.startswith("oracle") else "" for name in totals]
    axis.barh(list(totals), values, color="#a1d99b", edgecolor="#31a354", hatch=hatches)
    for place, value in enumerate(values):
        axis.text(value, place, f" {values[0] / value:.2f}x", va="center", fontsize=9)
    axis.invert_yaxis()
    axis.margins(x=0.08)
    axis.set(xlabel="million cycles of an image")
    return figure


def _heat_map(values: pd.DataFrame, label: str, norm: Normalize | None = None) -> Figure:
    figure = Figure(figsize=(9, 0.8 + 0.24 * len(values)))
    axis = figure.subplots()
    axis.set_facecolor(NO_VALUE)
    image = axis.imshow(values, aspect="auto", norm=norm, interpolation="none")
    figure.colorbar(image, label=label, pad=0.02)
    _name_layers(axis, list(values.index))
    axis.set(xlabel="denoising step")
    return figure


def _height(report: Report) -> float:
    return 0.8 + 0.24 * len(report.layers)


def _layers(report: Report) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, _height(report)))
    return figure, figure.subplots()


def _name_layers(axis: Axes, layers: Sequence[str], offset: float = 0.0) -> None:
    axis.set_yticks(np.arange(len(layers)) + offset, layers)
    axis.set_ylim(len(layers) - 0.5 + offset, offset - 0.5)


def _paper_line(axis: Axes, value: float, label: str | None) -> None:
    axis.axvline(value, color="black", linestyle=":", linewidth=1.2, label=label)


def _legend(axis: Axes) -> None:
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
