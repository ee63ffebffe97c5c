"""A small classifier of handwritten digits, whose features say how alike sets of images are."""

from dataclasses import dataclass

import numpy as np

from golden.floating.execution import Weights, run_graph
from golden.network.builder import Builder
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import Conv2d, Shape

IMAGE_SHAPE: Shape = (16, 16, 1)
CLASSES = 10
FEATURES = "features"
"""Name of the tensor that images are compared by, and that the classes are read from."""


def _graph() -> Graph:
    b = Builder()
    hidden = b.silu("silu0", b.conv("conv0", IMAGE, 1, 16, kernel=3, stride=2))
    hidden = b.silu("silu1", b.conv("conv1", hidden, 16, 32, kernel=3, stride=2))
    whole = Conv2d(name="conv2", inputs=(hidden,), in_channels=32, out_channels=64, kernel=4)
    b.linear("classes", b.silu(FEATURES, b.add(whole)), 64, CLASSES)
    return Graph(nodes=tuple(b.nodes))


GRAPH = _graph()
"""Channels 1, 16, 32, 64 at 16 x 16, 8 x 8, 4 x 4 and 1 x 1 pixels."""


@dataclass(frozen=True)
class Reading:
    """What the classifier makes of images."""

    features: np.ndarray
    """float32 (count, 64)"""
    classes: np.ndarray
    """int64 (count,), the likeliest"""


def read(images: np.ndarray, weights: Weights) -> Reading:
    """Reads ``images`` float32 (count, 16, 16, 1) in [-1, 1]."""
    seen: dict[str, np.ndarray] = {}
    scores = run_graph(GRAPH, weights, images, time=0, observer=seen.__setitem__)
    return Reading(seen[FEATURES][:, 0, 0], scores[:, 0, 0].argmax(axis=-1))
