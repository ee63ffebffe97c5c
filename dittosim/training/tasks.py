"""What a model is trained for: to remove noise from digits, or to tell which digit it sees."""

from typing import Protocol

import numpy as np
import torch

from dittosim.quality.classifier import IMAGE_SHAPE
from dittosim.quality.evaluation import evaluate
from dittosim.training.torch_graph import TorchGraph
from golden.denoising.samplers import Sampler, sample
from golden.floating.execution import Weights, run_graph
from golden.network.graph import Graph
from golden.workload.workload import Workload

HELD_OUT = 899
"""Half of the digits, which a classifier is tested on."""
NOISE = 0.05
"""Standard deviation; black to white is 2"""


class Task(Protocol):
    """Images with a loss."""

    count: int
    """Images of an epoch"""
    measure: str
    """What :meth:`score` is"""

    def loss(
        self, model: TorchGraph, chosen: torch.Tensor, random: torch.Generator
    ) -> torch.Tensor:
        """Mean loss of the images ``chosen`` int64 (batch,)."""

    def score(self, graph: Graph, weights: Weights) -> float | None:
        """How good the trained model is; None if that cannot be measured."""


SCORED_IMAGES = 1000
SCORED_STEPS = 25
SCORED_BATCH = 125


class Denoising:
    """Predict the noise in an image (DDPM), or what else the model predicts of it."""

    measure = "Frechet distance"

    def __init__(self, images: np.ndarray, labels: np.ndarray, workload: Workload) -> None:
        self.count = len(images)
        self._workload = workload
        self._images, self._labels = torch.from_numpy(images), torch.from_numpy(labels)
        self._signal = torch.from_numpy(workload.description.schedule.signal()).float()

    def loss(
        self, model: TorchGraph, chosen: torch.Tensor, random: torch.Generator
    ) -> torch.Tensor:
        """Mean square of what the prediction misses, at random times."""
        clean = self._images[chosen]
        time = torch.randint(len(self._signal), (len(chosen),), generator=random)
        share = self._signal[time][:, None, None, None]
        noise = torch.randn(clean.shape, generator=random)
        noisy = share.sqrt() * clean + (1 - share).sqrt() * noise
        target = {
            "epsilon": noise,
            "v_prediction": share.sqrt() * noise - (1 - share).sqrt() * clean,
            "sample": clean,
        }[self._workload.description.schedule.prediction]
        return ((model(noisy, time, self._labels[chosen]) - target) ** 2).mean()

    def score(self, graph: Graph, weights: Weights) -> float | None:
        """Frechet distance of images of the float32 model to the real digits.

        Always the same noise and classes; compare it only with distances measured this way.
        """
        if self._workload.description.image_shape != IMAGE_SHAPE:
            return None
        model = TorchGraph(graph)
        model.load(weights)
        noise = self._workload.noise(SCORED_IMAGES, seed=0)
        labels = self._workload.labels(SCORED_IMAGES)
        parts = [slice(at, at + SCORED_BATCH) for at in range(0, SCORED_IMAGES, SCORED_BATCH)]
        images = [
            self._sampled(model, noise[part], None if labels is None else labels[part])
            for part in parts
        ]
        return evaluate(np.concatenate(images), labels).distance

    def _sampled(
        self, model: TorchGraph, noise: np.ndarray, labels: np.ndarray | None
    ) -> np.ndarray:
        classes = None if labels is None else torch.from_numpy(labels)

        @torch.no_grad()
        def denoise(image: np.ndarray, time: int) -> np.ndarray:
            times = torch.full((len(image),), time)
            return model(torch.from_numpy(image), times, classes).numpy()

        schedule = self._workload.description.schedule
        return sample(Sampler.DDIM, denoise, noise, schedule, SCORED_STEPS)


class Classification:
    """Tell the digit in an image."""

    measure = "held-out accuracy"

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
