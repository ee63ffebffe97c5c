"""Models with random weights: small, calibrated, never trained."""

import numpy as np

from golden.denoising.calibration import Calibration, calibrate
from golden.denoising.diffusion import Schedule
from golden.network.graph import Graph
from golden.network.nodes import Shape
from golden.workload.workload import Workload, WorkloadDescription

SCHEDULE = Schedule(timesteps=100, beta_first=1e-3, beta_last=0.2)


def random_weights(graph: Graph, seed: int) -> dict[str, np.ndarray]:
    """All parameters random, so that every node counts: factors near 1, the rest in proportion."""
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in graph.parameter_shapes().items():
        values = rng.standard_normal(shape)
        if name.endswith(".weight"):
            values = 1 + 0.2 * values if len(shape) == 1 else values / np.prod(shape[:-1]) ** 0.5
        elif name.endswith(".bias"):
            values *= 0.2
        weights[name] = values.astype(np.float32)
    return weights


def random_workload(
    graph: Graph,
    image_shape: Shape,
    seed: int = 0,
    method: Calibration = Calibration.ABSMAX,
) -> Workload:
    """Calibrated on 10 steps of 64 images, so that few values saturate."""
    weights = random_weights(graph, seed)
    noise = np.random.default_rng([seed, 1]).standard_normal((64, *image_shape))
    labels = np.arange(64) % graph.classes if graph.classes else None
    description = WorkloadDescription(
        summary="random weights",
        image_shape=image_shape,
        steps=10,
        schedule=SCHEDULE,
        graph=graph,
        formats=calibrate(graph, weights, SCHEDULE, noise, 10, labels, method),
    )
    return Workload("random", description, weights)
