"""What a training starts from: a shipped or imported workload, or the classifier of digits."""

from dataclasses import dataclass

import numpy as np

from dittosim.quality.classifier import CLASSES, IMAGE_SHAPE
from dittosim.training.config import CLASSIFIER, TrainingConfig
from golden.errors import DittosimError
from golden.network.graph import Graph
from golden.network.nodes import Shape
from golden.network.resnet import resnet
from golden.pruning.workload import prunable_layers
from golden.workload.workload import Workload, load_workload


@dataclass(frozen=True)
class StartingPoint:
    """A model before its training."""

    graph: Graph
    image_shape: Shape
    workload: Workload | None
    """None for the classifier"""
    weights: dict[str, np.ndarray] | None
    """None if they are drawn at random"""

    @property
    def digest(self) -> str:
        """Of the workload as it is now; empty for the classifier, which is always the same."""
        return self.workload.digest if self.workload else ""


def starting_point(config: TrainingConfig) -> StartingPoint:
    """The model that ``config`` names; DittosimError if it cannot be trained as asked for."""
    if config.model == CLASSIFIER:
        graph = resnet(IMAGE_SHAPE[0], (16, 32, 64), blocks=2, classes=CLASSES)
        start = StartingPoint(graph, IMAGE_SHAPE, None, None)
    else:
        workload = load_workload(config.model)
        _check_digits(workload)
        d = workload.description
        trained = workload.weights if config.start == "trained" else None
        start = StartingPoint(d.graph, d.image_shape, workload, trained)
    if config.pruning:
        prunable_layers(start.graph)
    return start


def _check_digits(workload: Workload) -> None:
    image = workload.description.image_shape
    if image[0] != image[1] or image[2] != 1:
        raise DittosimError(
            f"training is on digits, square and of one channel; images of '{workload.name}' are "
            + " x ".join(map(str, image))
        )
    classes = workload.description.graph.classes
    if classes not in (0, CLASSES):
        raise DittosimError(
            f"training is on the {CLASSES} digits; '{workload.name}' has {classes} classes"
        )
