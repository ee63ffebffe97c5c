"""The pictures that commands write."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dittosim.drawing import Axes, Figure, mpl
from golden.difference.bit_widths import BitWidths
from golden.difference.matmul import Mode
from golden.files import write_whole
from sim.run.simulation import Simulation

if TYPE_CHECKING:
    import pandas as pd

# Ditto (HPCA 2025), bit-width breakdown, averages of seven A8W8 models: zero, 4 bits, more.
PAPER_BIT_WIDTHS = {
    Mode.ACT: (18.0, 40.0, 42.0),
    Mode.SPATIAL: (26.0, 48.0, 26.0),
    Mode.TEMPORAL: (44.48, 51.52, 3.99),
}
DISTANCE = "Frechet distance"
"""A measure that is better the lower it is"""
CLASS_COLORS = {"zero": "#d9d9d9", "4 bits or fewer": "#74a9cf", "more": "#034e7b"}
MODE_COLORS = {Mode.ACT: "#969696", Mode.SPATIAL: "#fdae6b", Mode.TEMPORAL: "#31a354"}


def percentages(widths: BitWidths) -> tuple[float, float, float]:
    """Zero, narrow and wide elements in percent."""
    scale = 100 / max(1, widths.elements)
    return widths.zero * scale, widths.narrow * scale, widths.wide * scale


def save_figure(figure: Figure, path: Path) -> None:
    """Writes a figure as PNG, whole or not at all."""
    write_whole(path, figure.png())


def plot_images(batches: Mapping[str, np.ndarray], path: Path) -> None:
    """Batches of images (count, height, width, 1) in [-1, 1], a row of pictures each."""
    count = len(next(iter(batches.values())))
    figure = Figure(figsize=(count * 0.8, len(batches) * 1.05))
    axes = figure.subplots(len(batches), count, squeeze=False)
    for row, (name, images) in zip(axes, batches.items(), strict=True):
        for axis, image in zip(row, images, strict=True):
            axis.imshow(image[..., 0], cmap="gray", vmin=-1, vmax=1)
            axis.set(xticks=[], yticks=[])
        row[0].set_title(name, loc="left", fontsize=9)
    figure.subplots_adjust(wspace=0.06, hspace=0.3)
    save_figure(figure, path)


def plot_sheet(images: np.ndarray, labels: Sequence[int] | None, path: Path) -> None:
    """Images (count, height, width, channels) in [-1, 1], ten in a row, under their classes.

    One or three channels are grey or colours; of any other number the first is shown.
    """
    columns = min(10, len(images))
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(columns * 0.9, rows * (1.15 if labels is not None else 0.95)))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    shown = images if images.shape[-1] == 3 else images[..., 0]
    for axis in axes:
        axis.set_axis_off()
    for number, (axis, image) in enumerate(zip(axes, shown, strict=False)):
        axis.imshow(np.clip((image + 1) / 2, 0, 1), cmap="gray", vmin=0, vmax=1)
        if labels is not None:
            axis.set_title(str(labels[number]), fontsize=8, pad=2)
    save_figure(figure, path)


def plot_bit_widths(widths: Mapping[Mode, Mapping[str, BitWidths]], path: Path) -> None:
    """Writes :func:`bit_widths_figure`."""
    save_figure(bit_widths_figure(widths), path)


def bit_widths_figure(widths: Mapping[Mode, Mapping[str, BitWidths]]) -> Figure:
    """Bit-width breakdown per layer for each mode, with the total and the paper's average."""
    bars_per_mode = 2 + max(len(layers) for layers in widths.values())
    figure = Figure(figsize=(4.2 * len(widths), max(4.6, 0.24 * bars_per_mode)))
    axes = figure.subplots(1, len(widths), sharey=True, squeeze=False)[0]
    for axis, (mode, layers) in zip(axes, widths.items(), strict=True):
        bars = {name: percentages(value) for name, value in layers.items()}
        bars["all layers"] = percentages(sum(layers.values(), BitWidths()))
        bars["paper, 7 models"] = PAPER_BIT_WIDTHS[mode]
        _stacked(axis, bars)
        axis.set(title=mode.value, xlim=(0, 100), xlabel="% of elements")
        axis.axhline(len(layers) - 0.5, color="black", linewidth=0.8)
    axes[0].legend(
        handles=[mpl.patches.Patch(color=c, label=n) for n, c in CLASS_COLORS.items()],
        loc="lower left",
        bbox_to_anchor=(0, 1.08),
        ncols=3,
        frameon=False,
    )
    return figure


def _stacked(axis: Axes, bars: Mapping[str, Sequence[float]]) -> None:
    names = list(bars)
    left = np.zeros(len(names))
    for number, color in enumerate(CLASS_COLORS.values()):
        part = np.array([bars[name][number] for name in names])
        axis.barh(names, part, left=left, color=color)
        left += part
    if not axis.yaxis_inverted():
        axis.invert_yaxis()


def plot_cycles(simulation: Simulation, path: Path) -> None:
    """Writes :func:`cycles_figure`."""
    save_figure(cycles_figure(simulation), path)


def cycles_figure(simulation: Simulation) -> Figure:
    """Cycles per layer, and per step, in each mode."""
    figure = Figure(figsize=(11, 4))
    by_layer, by_step = figure.subplots(1, 2)
    layers = simulation.layers()
    steps = sorted({step for _, _, step in simulation.cycles})
    height = 0.8 / len(simulation.modes)
    for number, mode in enumerate(simulation.modes):
        values = [simulation.layer_total(mode, layer).cycles / 1e6 for layer in layers]
        places = np.arange(len(layers)) + number * height
        by_layer.barh(places, values, height, color=MODE_COLORS[mode], label=mode.value)
        totals = [simulation.step_total(mode, step).cycles / 1e3 for step in steps]
        by_step.plot(steps, totals, color=MODE_COLORS[mode], label=mode.value)
    by_layer.set_yticks(np.arange(len(layers)) + 0.4 - height / 2, layers)
    by_layer.invert_yaxis()
    by_layer.set(xlabel="million cycles, all steps", title="per layer")
    by_step.set(xlabel="denoising step", ylabel="thousand cycles", title="per step", ylim=(0, None))
    by_step.legend(frameon=False)
    return figure


def plot_comparison(results: "pd.DataFrame", path: Path) -> None:
    """Score against MACs of each variant: mean, and the range of the seeds as a bar."""
    figure = Figure(figsize=(8, 5.5))
    axis = figure.subplots()
    for number, (variant, runs) in enumerate(results.groupby("variant", sort=False)):
        groups = runs.groupby("sparsity")
        scores, macs = groups["score"], groups["macs"].mean() / 1e6
        mean = scores.mean()
        axis.errorbar(
            macs,
            mean,
            [mean - scores.min(), scores.max() - mean],
            fmt="o-" if len(macs) > 1 else "o",
            color=mpl.color_sequences["tab10"][number % 10],
            linewidth=1,
            capsize=3,
            label=variant,
        )
    measure = results["measure"].iloc[0]
    axis.set(xlabel="million MACs of an image", ylabel=measure)
    if measure == DISTANCE:
        axis.set_yscale("log")  # a model that does not recover would hide all others
    axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
    save_figure(figure, path)
