"""A training from its configuration to its figures (extra ``train``)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dittosim.training.config import TrainingConfig
from dittosim.training.digits import digits
from dittosim.training.starting_point import StartingPoint
from dittosim.training.tasks import Classification, Denoising, Task
from dittosim.training.trainer import Trained, train
from golden.pruning.cost import Cost, total_cost


@dataclass(frozen=True)
class Experiment:
    """A training that is done."""

    trained: Trained
    measure: str
    """What the score is"""
    score: float | None
    """None if it cannot be measured"""
    before: Cost
    after: Cost


def run_experiment(
    config: TrainingConfig,
    start: StartingPoint,
    checkpoint: Path | None = None,
    progress: Callable[[int, float], object] | None = None,
) -> Experiment:
    """Trains and measures; arguments and errors as in :func:`dittosim.training.trainer.train`."""
    images, labels = digits(start.image_shape[0])
    task: Task = (
        Denoising(images, labels, start.workload)
        if start.workload
        else Classification(images, labels)
    )
    found = train(config, start.graph, task, start.weights, checkpoint, progress, start.digest)
    return Experiment(
        found,
        task.measure,
        task.score(found.graph, found.weights),
        total_cost(start.graph, start.image_shape),
        total_cost(found.graph, start.image_shape),
    )
