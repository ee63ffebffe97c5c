"""What a model is trained for: to remove noise from digits, or to tell which digit it sees."""

from typing import Protocol

import numpy as np
import torch

from golden.diffusion import Schedule
from golden.floating.execution import Weights, run_graph
from golden.graph import Graph
from golden.training.torch_graph import TorchGraph

HELD_OUT = 360
"""A fifth of the digits, which a classifier is tested on."""
NOISE = 0.05
"""Standard deviation; black to white is 2"""


class Task(Protocol):
    """Images with a loss."""

    count: int
    """Images of an epoch"""

    def loss(
        self, model: TorchGraph, chosen: torch.Tensor, random: torch.Generator
    ) -> torch.Tensor:
        """Mean loss of the images ``chosen`` int64 (batch,)."""

    def score(self, graph: Graph, weights: Weights) -> float | None:
        """Share of held-out images read right, of a task that has such."""


class Denoising:
    """Predict the noise in an image (DDPM)."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, schedule: Schedule) -> None:
        self.count = len(images)
        self._images, self._labels = torch.from_numpy(images), torch.from_numpy(labels)
        self._signal = torch.from_numpy(schedule.signal()).float()

    def loss(
        self, model: TorchGraph, chosen: torch.Tensor, random: torch.Generator
    ) -> torch.Tensor:
        """Mean square of what the prediction misses, at random times."""
        clean = self._images[chosen]
        time = torch.randint(len(self._signal), (len(chosen),), generator=random)
        share = self._signal[time][:, None, None, None]
        noise = torch.randn(clean.shape, generator=random)
        noisy = share.sqrt() * clean + (1 - share).sqrt() * noise
        return ((model(noisy, time, self._labels[chosen]) - noise) ** 2).mean()

    def score(self, graph: Graph, weights: Weights) -> None:
        """None: ``dittosim quality`` judges the images."""


class Classification:
    """Tell the digit in an image."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        test, training = np.split(np.random.default_rng(0).permutation(len(images)), [HELD_OUT])
        self._test = images[test], labels[test]
        self._images = torch.from_numpy(images[training])
        self._labels = torch.from_numpy(labels[training])
        self.count = len(training)

    def loss(
        self, model: TorchGraph, chosen: torch.Tensor, random: torch.Generator
    ) -> torch.Tensor:
        """Cross entropy, with noise on the images."""
        clean = self._images[chosen]
        noisy = clean + NOISE * torch.randn(clean.shape, generator=random)
        scores = model(noisy, torch.zeros(len(chosen), dtype=torch.int64))[:, 0, 0]
        return torch.nn.functional.cross_entropy(scores, self._labels[chosen])

    def score(self, graph: Graph, weights: Weights) -> float:
        """Share of the held-out digits read right."""
        images, labels = self._test
        scores = run_graph(graph, weights, images, time=0)[:, 0, 0]
        return float((scores.argmax(axis=-1) == labels).mean())
