"""Models with random weights for tests: small, calibrated, never trained."""

import numpy as np

from golden.denoising.calibration import Calibration, calibrate
from golden.denoising.denoiser import Denoiser, Flow
from golden.denoising.diffusion import Schedule
from golden.denoising.samplers import Sampler, sample
from golden.difference.matmul import Mode
from golden.floating.execution import run_graph
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


def assert_all_modes_equal(workload: Workload, steps: int, seed: int, count: int = 1) -> np.ndarray:
    """Every accumulator and the images, also with modes drawn for each layer and step.

    Returns the images.
    """
    noise = workload.noise(count, seed)
    seen = []
    images = workload.sample(Mode.ACT, noise, steps, seen.append)
    layers = list(workload.layers())
    order = [(step, name) for step in range(steps) for name in layers]
    assert [(step.step, step.layer.name) for step in seen] == order

    for flow in (Mode.TEMPORAL, Mode.SPATIAL, random_flow(seed)):
        expected = iter(seen)

        def compare(found, expected=expected):
            reference = next(expected)
            where = f"step {found.step}, {found.layer.name}, {found.mode}"
            assert (found.step, found.layer.name) == (reference.step, reference.layer.name)
            assert found.accumulators.dtype == reference.accumulators.dtype == np.int32
            for one, other in zip(found.operands, reference.operands, strict=True):
                np.testing.assert_array_equal(one, other, where)
            np.testing.assert_array_equal(found.accumulators, reference.accumulators, where)

        np.testing.assert_array_equal(workload.sample(flow, noise, steps, compare), images)
        assert next(expected, None) is None
    return images


def prediction_errors(workload: Workload, steps: int, seed: int) -> list[float]:
    """Relative errors of the integer model's predictions, on the float model's way to images."""
    labels, errors = workload.labels(2), []
    integer = Denoiser(workload.integer, workload.weights, random_flow(seed), labels)

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        exact = run_graph(workload.description.graph, workload.weights, image, time, labels)
        difference = integer(image, time) - exact
        errors.append(float(np.linalg.norm(difference) / np.linalg.norm(exact)))
        return exact

    noise, schedule = workload.noise(2, seed), workload.description.schedule
    sample(Sampler.DDIM, denoise, noise, schedule, steps)
    return errors


def random_flow(seed: int) -> Flow:
    """Draws a mode for each layer at each step."""
    rng = np.random.default_rng([seed, 2])
    return lambda _: list(Mode)[rng.integers(len(Mode))]
