import numpy as np
import pytest
from golden.execution import float_matmul, run_graph

from golden.denoiser import Denoiser, LayerStep
from golden.matmul import Mode
from golden.workload import Workload, load_workload


@pytest.fixture(scope="module")
def workload() -> Workload:
    return load_workload("digits-unet")


def sample(workload: Workload, mode: Mode, seed: int) -> tuple[np.ndarray, list[LayerStep]]:
    seen: list[LayerStep] = []
    images = workload.sample(mode, workload.noise(2, seed), observer=seen.append)
    return images, seen


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 2, 3))])
def test_three_modes_are_equal_in_every_layer_and_step(workload, seed):
    images, steps = sample(workload, Mode.ACT, seed)
    layers = list(workload.layers())
    assert [(s.step, s.layer.name) for s in steps] == [
        (n, name) for n in range(50) for name in layers
    ]
    assert len(layers) == 13
    assert images.std() > 0.1

    for mode in (Mode.TEMPORAL, Mode.SPATIAL):
        other_images, other_steps = sample(workload, mode, seed)
        assert len(other_steps) == len(steps)
        for expected, found in zip(steps, other_steps, strict=True):
            where = f"{mode}, step {expected.step}, {expected.layer.name}"
            assert (found.step, found.layer.name) == (expected.step, expected.layer.name)
            assert found.accumulators.dtype == expected.accumulators.dtype == np.int32
            np.testing.assert_array_equal(found.rows, expected.rows, where)
            np.testing.assert_array_equal(found.accumulators, expected.accumulators, where)
        np.testing.assert_array_equal(other_images, images, str(mode))


@pytest.mark.parametrize("mode", Mode)
def test_accumulators_are_the_exact_products(workload, mode):
    seen: list[LayerStep] = []
    workload.sample(mode, workload.noise(1, 4), 3, seen.append)
    for step in seen:
        x = step.rows.astype(np.int64) - step.layer.input_format.zero_point
        expected = x @ step.layer.weights.astype(np.int64)
        np.testing.assert_array_equal(step.accumulators, expected, step.layer.name)


def test_observer_sees_the_previous_step(workload):
    _, steps = sample(workload, Mode.TEMPORAL, 0)
    layers = len(workload.layers())
    assert all(step.previous is None for step in steps[:layers])
    for before, step in zip(steps, steps[layers:], strict=False):
        assert step.previous is not None
        assert step.previous.rows is before.rows
        assert step.previous.accumulators is before.accumulators


@pytest.mark.parametrize("time", [999, 500, 0])
def test_prediction_is_close_to_the_float_models(workload, time):
    graph, weights = workload.description.graph, workload.weights
    image = workload.noise(2, 5)
    quantized = Denoiser(graph, weights, workload.layers(), Mode.ACT)(image, time)
    exact = run_graph(graph, weights, image, time, float_matmul(weights))
    assert quantized.dtype == np.float32
    assert np.linalg.norm(quantized - exact) < 0.02 * np.linalg.norm(exact)
