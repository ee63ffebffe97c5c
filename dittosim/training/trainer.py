"""Trains a model, pruning it on the way if asked to (REPrune, Algorithm 2; extra ``train``)."""

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dittosim.training.config import TrainingConfig
from dittosim.training.pruned_model import PrunedModel
from dittosim.training.tasks import Task
from dittosim.training.torch_graph import TorchGraph
from golden.errors import DittosimError
from golden.files import write_whole
from golden.floating.execution import Weights
from golden.network.graph import Graph
from golden.pruning.regrowth import regrowth_share

CHECKPOINT_EVERY = 5
"""Epochs"""
WARM_UP = 0.1


class Selected(NamedTuple):
    """What a selection did."""

    epoch: int
    layers: dict[str, tuple[int, float | None]]
    """Filters kept, and the share of kernel clusters they cover, by layer"""


class Trained(NamedTuple):
    """The end of a training."""

    graph: Graph
    weights: dict[str, np.ndarray]
    """Averaged, float32, by ``node.parameter``"""
    kept: dict[str, np.ndarray]
    """Indices of the filters that stay, by layer"""
    losses: list[float]
    """Mean of each epoch"""
    selections: list[Selected]

    @property
    def coverage(self) -> dict[str, float]:
        """Share of the kernel clusters covered when filters of a layer were last removed."""
        return {
            layer: covered
            for selection in self.selections
            for layer, (_, covered) in selection.layers.items()
            if covered is not None
        }


def train(
    config: TrainingConfig,
    graph: Graph,
    task: Task,
    weights: Weights | None = None,
    checkpoint: Path | None = None,
    progress: Callable[[int, float], object] | None = None,
    source: str = "",
) -> Trained:
    """Trains ``graph`` from ``weights``, random if None.

    With ``checkpoint``, the state is written there every few epochs and found there again: a
    training that was interrupted goes on and ends as if it had not been. ``source`` tells the
    state apart from that of a training of another model. ``progress`` gets the epochs done and the
    mean loss of the last. DittosimError if the checkpoint is another training's or the loss is no
    longer finite.
    """
    torch.manual_seed(config.seed)
    pruned = PrunedModel(graph, weights or TorchGraph(graph).arrays(), config.rate)
    losses: list[float] = []
    selections: list[Selected] = []
    if checkpoint and checkpoint.exists():
        losses, selections = _restore(checkpoint, config, source, pruned)
    per_epoch = max(1, task.count // config.batch)
    for epoch in range(len(losses) + 1, config.epochs + 1):
        losses.append(_epoch(config, task, pruned, epoch, per_epoch))
        plan = config.pruning
        if plan and epoch <= plan.until and epoch % plan.every == 0:
            rng = np.random.default_rng([config.seed, epoch])
            share = regrowth_share(plan.regrowth, epoch, plan.until)
            selections.append(Selected(epoch, pruned.select(plan, rng, share)))
        if checkpoint and (epoch % CHECKPOINT_EVERY == 0 or epoch == config.epochs):
            _save(checkpoint, config, source, pruned, losses, selections)
        if progress:
            progress(epoch, losses[-1])
    return Trained(pruned.live, pruned.trained(), pruned.kept, losses, selections)


def learning_rate(config: TrainingConfig, epochs: float) -> float:
    """Of the iteration after ``epochs``: one cycle, or two with fine-tuning."""
    plan = config.pruning
    if plan is None or plan.fine_tune_rate is None or plan.until == config.epochs:
        return config.rate * one_cycle(epochs / config.epochs)
    if epochs < plan.until:
        return config.rate * one_cycle(epochs / plan.until)
    return plan.fine_tune_rate * one_cycle((epochs - plan.until) / (config.epochs - plan.until))


def one_cycle(share: float) -> float:
    """Learning rate over its peak when ``share`` of the training is done: up, then down to 0."""
    if share < WARM_UP:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * share / WARM_UP))
    return 0.5 * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP)))


def _epoch(
    config: TrainingConfig, task: Task, pruned: PrunedModel, epoch: int, count: int
) -> float:
    # Drawn anew for each epoch, so that a training that goes on needs no state of it.
    random = torch.Generator().manual_seed(config.seed * 1_000_003 + epoch)
    order = torch.randperm(task.count, generator=random)
    losses = []
    for number in range(count):
        chosen = order[number * config.batch : (number + 1) * config.batch]
        loss = task.loss(pruned.model, chosen, random)
        if not torch.isfinite(loss):
            raise DittosimError(f"epoch {epoch}: the loss is not finite; choose a lower rate")
        rate = learning_rate(config, epoch - 1 + number / count)
        pruned.step(loss, rate, config.decay)
        losses.append(loss.item())
    return float(np.mean(losses))


def _save(
    path: Path,
    config: TrainingConfig,
    source: str,
    pruned: PrunedModel,
    losses: list[float],
    selections: list[Selected],
) -> None:
    state = {
        "config": config.model_dump_json(),
        "source": source,
        "state": pruned.state(),
        "losses": losses,
        "selections": [tuple(each) for each in selections],
    }
    # Into memory, since PyTorch's own way to write to a file does not tell what went wrong.
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getbuffer())


def _restore(
    path: Path, config: TrainingConfig, source: str, pruned: PrunedModel
) -> tuple[list[float], list[Selected]]:
    try:
        saved = torch.load(path, weights_only=True)
        same = (saved["config"], saved["source"]) == (config.model_dump_json(), source)
        if same:
            pruned.restore(saved["state"])
        selections = [Selected(*each) for each in saved["selections"]]
    except Exception as error:  # torch.load raises nearly anything for a damaged file
        raise DittosimError(
            f"cannot read checkpoint {path}: {type(error).__name__}; remove it to start anew"
        ) from error
    if not same:
        raise DittosimError(
            f"checkpoint {path} is of another training, or its model changed: remove it to start "
            "anew, or choose another folder with -o"
        )
    return saved["losses"], selections
