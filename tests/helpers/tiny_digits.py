"""A small denoiser with random weights that makes images of the digits' size."""

import math
from pathlib import Path

import numpy as np

from golden.denoising.calibration import CALIBRATION_IMAGES, calibrate
from golden.denoising.diffusion import Schedule
from golden.network.nodes import Shape
from golden.network.unet import unet
from golden.workload.workload import WorkloadDescription, save_workload

STEPS = 3
SCHEDULE = Schedule(timesteps=100, beta_first=1e-3, beta_last=0.1)


def save_tiny_digits(folder: Path, classes: int = 10, image: Shape = (16, 16, 1)) -> Path:
    """Saves the workload, calibrated as those in the package are."""
    graph = unet(4, 4, width=4, groups=2, heads=1, classes=classes, tokens=2)
    rng = np.random.default_rng(1)
    weights = {
        name: (rng.standard_normal(shape) / math.sqrt(math.prod(shape[:-1]))).astype(np.float32)
        for name, shape in graph.parameter_shapes().items()
    }
    noise = np.random.default_rng(0).standard_normal((CALIBRATION_IMAGES, *image))
    labels = np.arange(CALIBRATION_IMAGES) % (classes or 1)
    description = WorkloadDescription(
        summary="random weights",
        image_shape=image,
        steps=STEPS,
        schedule=SCHEDULE,
        graph=graph,
        formats=calibrate(graph, weights, SCHEDULE, noise, STEPS, labels),
    )
    save_workload(folder, description, weights)
    return folder
