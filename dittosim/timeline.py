"""The picture of a queue's run: what loader, array and store do when, layers in turn of colour."""

from collections.abc import Sequence
from pathlib import Path

from dittosim.drawing import Figure
from dittosim.plots import save_figure
from sim.scheduler.accelerator import LayerTimeline

LANES = ("weights", "inputs", "references", "previous", "passes", "results")
"""From top to bottom"""
VECTOR = "vector"
"""Below them, where there are vector layers"""
COLORS = ("#3182bd", "#fd8d3c", "#31a354", "#756bb1")
"""Of one layer after the other"""


def plot_timeline(
    names: Sequence[str], lines: Sequence[LayerTimeline], first: int, cycles: int, path: Path
) -> None:
    """``cycles`` cycles of a queue from ``first`` on.

    Loads last from when they are asked for until their last word came, passes while the array
    runs, results from when the writer takes them on until memory has them, vector layers from when
    the unit takes them on until memory has all they write.
    """
    lanes = LANES if all(line.starts for line in lines) else (*LANES, VECTOR)
    figure = Figure(figsize=(11, 3.2))
    axis = figure.subplots()
    end = first + cycles
    for number, (name, line) in enumerate(zip(names, lines, strict=True)):
        color = COLORS[number % len(COLORS)]
        spans = list(line.loads)
        spans += [("passes", *span) for span in zip(line.starts, line.ends, strict=True)]
        spans += [("results", accepted, done) for accepted, _, done in line.stores]
        if not line.starts:
            spans.append((VECTOR, line.started, line.ended))
        shown = [span for span in spans if span[1] < end and span[2] >= first]
        for lane, begin, last in shown:
            axis.broken_barh(
                [(begin, last + 1 - begin)],
                (lanes.index(lane) - 0.4, 0.8),
                facecolor=color,
                edgecolor="white",
                linewidth=0.5,
            )
        passes = [span for span in shown if span[0] == "passes"]
        if passes:
            middle = (max(first, passes[0][1]) + min(end, passes[-1][2])) / 2
            axis.text(middle, -0.75, name, color=color, ha="center", fontsize=8)
    axis.set_yticks(range(len(lanes)), lanes)
    axis.set_ylim(len(lanes) - 0.5, -1.1)
    axis.set_xlim(first, end)
    axis.set_xlabel("cycles")
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    save_figure(figure, path)
