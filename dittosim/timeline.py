"""The picture of a queue's run: what loader, array and store do when, layers in turn of colour."""

from collections.abc import Sequence
from pathlib import Path

from dittosim.drawing import Figure
from dittosim.plots import save_figure
from sim.scheduler.accelerator import LayerTimeline

LANES = ("weights", "inputs", "references", "previous", "passes", "results")
"""From top to bottom"""
COLORS = ("#3182bd", "#fd8d3c", "#31a354", "#756bb1")
"""Of one layer after the other"""


def plot_timeline(
    names: Sequence[str], lines: Sequence[LayerTimeline], first: int, cycles: int, path: Path
) -> None:
    """``cycles`` cycles of a queue from ``first`` on.

    Loads last from when they are asked for until their last word came, passes while the array
    runs, results from when the writer takes them on until memory has them.
    """
    figure = Figure(figsize=(11, 3.2))
    axis = figure.subplots()
    end = first + cycles
    for number, (name, line) in enumerate(zip(names, lines, strict=True)):
        color = COLORS[number % len(COLORS)]
        spans = list(line.loads)
        spans += [("passes", *span) for span in zip(line.starts, line.ends, strict=True)]
        spans += [("results", accepted, done) for accepted, _, done in line.stores]
        shown = [span for span in spans if span[1] < end and span[2] >= first]
        for lane, begin, last in shown:
            axis.broken_barh(
                [(begin, last + 1 - begin)],
                (LANES.index(lane) - 0.4, 0.8),
                facecolor=color,
                edgecolor="white",
                linewidth=0.5,
            )
        passes = [span for span in shown if span[0] == "passes"]
        if passes:
            middle = (max(first, passes[0][1]) + min(end, passes[-1][2])) / 2
            axis.text(middle, -0.75, name, color=color, ha="center", fontsize=8)
    axis.set_yticks(range(len(LANES)), LANES)
    axis.set_ylim(len(LANES) - 0.5, -1.1)
    axis.set_xlim(first, end)
    axis.set_xlabel("cycles")
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    save_figure(figure, path)
