from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from dittosim.plots import MODE_COLORS
from dittosim.timelines.picture import POINTS, plot_timeline, timeline_figure
from golden.difference.matmul import Mode
from tests.helpers.watched_steps import watched_steps


@pytest.mark.parametrize(
    ("steps", "layers", "first", "cycles"),
    [(1, 30, 0, 30 * 10_000), (3, 30, 0, 90 * 10_000), (1, 3, 5_000, 200), (2, 4, 9_950, 100)],
)
def test_nothing_overlaps(steps: int, layers: int, first: int, cycles: int) -> None:
    figure = timeline_figure(watched_steps(steps, layers, 10_000), "a title", first, cycles)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axis,) = figure.axes
    renderer = canvas.get_renderer()
    shown = [
        *axis.texts,
        *axis.get_yticklabels(),
        *axis.get_xticklabels(),
        axis.xaxis.label,
        axis.get_legend(),
    ]
    boxes = [text.get_window_extent(renderer) for text in shown]
    rows = axis.get_window_extent(renderer)
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    for box in boxes:
        assert not box.overlaps(rows.padded(-1))
    names = [text.get_text() for text in axis.texts]
    assert "a title" in names
    assert any(name.startswith("block") for name in names)


def test_a_point_is_as_dark_as_its_unit_is_busy() -> None:
    steps = watched_steps(1, 1, 10 * POINTS)
    axis = timeline_figure(steps, "", 0, 10 * POINTS).axes[0]
    rows = [label.get_text() for label in axis.get_yticklabels()]
    strip = np.asarray(axis.images[rows.index("passes")].get_array())[0]
    assert strip.shape == (POINTS, 4)
    np.testing.assert_allclose(strip[5, :3], to_rgb(MODE_COLORS[Mode.ACT]))
    # From cycle 2 on, to the last but three.
    np.testing.assert_allclose(strip[[0, 5, -1], 3], [0.2 + 0.8 * 0.8, 1, 0.2 + 0.8 * 0.8])


def test_the_same_picture_from_run_to_run(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        plot_timeline(watched_steps(2, 3, 50), "title", 0, 300, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
