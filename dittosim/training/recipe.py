"""What the training scripts of the digits models share."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from dittosim.training.denoiser import train_denoiser
from dittosim.training.digits import digits
from golden.denoising.calibration import CALIBRATION_IMAGES, calibrate
from golden.denoising.diffusion import Schedule
from golden.network.graph import Graph
from golden.workload.workload import WorkloadDescription, save_workload, shipped_folder

SIZE = 16
CLASSES = 10
STEPS = 50
SCHEDULE = Schedule(timesteps=1000, beta_first=1e-4, beta_last=0.02)


def train_workload(
    name: str, graph: Graph, summary: str, *, iterations: int, **training: Any
) -> None:
    """Trains ``graph`` on the digits, calibrates it and saves the shipped workload ``name``.

    ``training`` goes to :func:`dittosim.training.denoiser.train_denoiser`. The command line may ask
    for another folder and another number of iterations.
    """
    parser = argparse.ArgumentParser(description=f"Trains: {summary}")
    parser.add_argument("--iterations", type=int, default=iterations)
    parser.add_argument("-o", "--output", type=Path, default=shipped_folder(name))
    arguments = parser.parse_args()

    images, labels = digits(SIZE)
    weights = train_denoiser(
        graph, images, labels, SCHEDULE, iterations=arguments.iterations, **training
    )
    save_trained(arguments.output, graph, summary, weights)


def save_trained(folder: Path, graph: Graph, summary: str, weights: dict[str, np.ndarray]) -> None:
    """Calibrates a trained model and saves the workload."""
    shape = (SIZE, SIZE, 1)
    noise = np.random.default_rng(0).standard_normal((CALIBRATION_IMAGES, *shape))
    description = WorkloadDescription(
        summary=summary,
        image_shape=shape,
        steps=STEPS,
        schedule=SCHEDULE,
        graph=graph,
        formats=calibrate(
            graph, weights, SCHEDULE, noise, STEPS, np.arange(CALIBRATION_IMAGES) % CLASSES
        ),
    )
    save_workload(folder, description, weights)
