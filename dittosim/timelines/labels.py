"""What stands above the rows of a timeline: nodes of the graph, steps, the title."""

from collections.abc import Sequence
from dataclasses import dataclass

from dittosim.drawing import Axes
from dittosim.timelines.activity import StepActivity
from sim.run.activity import Unit

FONT = 7
"""Points, of the names of nodes"""
STEP_FONT, TITLE_FONT = 9, 10
GAP = 4
"""Points between labels"""


@dataclass(frozen=True)
class _Label:
    """A name, and the cycles that it is for; the last one is not included."""

    first: int
    end: int
    text: str


def label_above(
    axis: Axes, steps: Sequence[StepActivity], title: str, window: tuple[int, int], points: float
) -> None:
    """Labels of the cycles of ``window``, which are ``points`` wide, where there is room for them.

    Names of nodes stand upright where they do not fit lying; every second node is shaded.
    """
    first, end = window
    scale = points / (end - first)
    height = 0.0
    for number, label in enumerate(_nodes(steps)):
        begin, stop = max(first, label.first), min(end, label.end)
        if begin >= stop:
            continue
        if number % 2:
            axis.axvspan(begin, stop, color="#f2f2f2", linewidth=0, zorder=-1)
        room, length = (stop - begin) * scale, _length(label.text, FONT)
        if room < FONT + 2:
            continue
        upright = room < length + GAP
        _above(axis, label.text, (begin + stop) / 2, 3, FONT, rotation=90 if upright else 0)
        height = max(height, (length if upright else FONT) + GAP)
    if len(steps) > 1:
        for label in _steps(steps):
            begin, stop = max(first, label.first), min(end, label.end)
            if begin >= stop:
                continue
            axis.axvline(begin, color="#636363", linewidth=0.8)
            if (stop - begin) * scale > _length(label.text, STEP_FONT) + GAP:
                _above(axis, label.text, (begin + stop) / 2, height + 6, STEP_FONT)
        height += 2 * STEP_FONT
    _above(axis, title, first, height + 8, TITLE_FONT, align="left")


def _above(
    axis: Axes,
    text: str,
    cycle: float,
    points: float,
    size: float,
    *,
    align: str = "center",
    rotation: int = 0,
) -> None:
    """A text so many points above the rows."""
    axis.annotate(
        text,
        (cycle, 1),
        (0, points),
        xycoords=axis.get_xaxis_transform(),
        textcoords="offset points",
        annotation_clip=False,
        ha=align,
        fontsize=size,
        rotation=rotation,
    )


def _length(text: str, size: float) -> float:
    """About how long a text is, in points."""
    return 0.62 * size * len(text)


def _steps(steps: Sequence[StepActivity]) -> list[_Label]:
    found = []
    before = 0
    for step in steps:
        found.append(_Label(before, before + step.counters.cycles, step.title))
        before = found[-1].end
    return found


def _nodes(steps: Sequence[StepActivity]) -> list[_Label]:
    """When the layers of each node were the oldest ones under way."""
    found: list[_Label] = []
    before = 0
    for step in steps:
        for busy in step.units:
            if busy.unit is not Unit.LAYERS:
                continue
            node = step.layers[busy.layer].node
            begin, stop = before + busy.first, before + busy.last + 1
            if found and found[-1].text == node and found[-1].end == begin:
                found[-1] = _Label(found[-1].first, stop, node)
            else:
                found.append(_Label(begin, stop, node))
        before += step.counters.cycles
    return found
