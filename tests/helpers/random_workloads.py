"""Models with random weights for tests: small, calibrated, never trained."""

import numpy as np

from golden.denoising.denoiser import Denoiser, Flow
from golden.denoising.samplers import Sampler, sample
from golden.difference.matmul import Mode
from golden.floating.execution import run_graph
from golden.workload.workload import Workload


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
