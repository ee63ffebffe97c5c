import numpy as np
import pytest

from golden.denoising.samplers import Sampler
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.workload.run import Run
from golden.workload.trace import TraceWriter, load_trace
from golden.workload.workload import load_workload

STEPS = 12


@pytest.fixture(scope="module", params=["digits-unet", "digits-dit"])
def workload(request: pytest.FixtureRequest):
    return load_workload(request.param)


@pytest.mark.parametrize("sampler", Sampler)
@pytest.mark.parametrize("step", [0, 1, 6, STEPS - 1])
def test_step_is_that_of_a_whole_run(tmp_path, workload, step: int, sampler: Sampler) -> None:
    """Against the trace of a whole run, on differences, as capture writes it."""
    writer = TraceWriter(tmp_path, STEPS)
    noise = workload.noise(2, 3)
    whole = workload.sample(Mode.TEMPORAL, noise, STEPS, writer.observe, sampler=sampler, seed=3)
    writer.finish("", 2, 3)
    expected = {
        layer.layer.name: layer
        for layer in load_trace(tmp_path).layer_inputs()
        if layer.step == step
    }
    seen: list[LayerStep] = []
    run = Run(workload, STEPS, images=2, seed=3, sampler=sampler)
    images = run.observe(seen.append, last_step=step)
    assert np.array_equal(images, whole) == (step == STEPS - 1)
    found = [layer for layer in seen if layer.step == step]
    assert [layer.layer.name for layer in found] == list(expected)
    for layer in found:
        other = expected[layer.layer.name]
        np.testing.assert_array_equal(layer.operands.first, other.operands.first)
        if layer.layer.moving:
            np.testing.assert_array_equal(layer.operands.second, other.operands.second)
        assert (layer.previous is None) == (step == 0)
        if layer.previous and other.previous:
            before = other.previous.operands
            np.testing.assert_array_equal(layer.previous.operands.first, before.first)


def test_nothing_is_computed_beyond_the_step(workload) -> None:
    seen: list[int] = []
    Run.of(workload).observe(lambda layer: seen.append(layer.step), last_step=2)
    assert sorted(set(seen)) == [0, 1, 2]


def test_steps_are_the_workloads_own(workload) -> None:
    assert Run.of(workload).steps == workload.description.steps
    assert Run.of(workload, 7).steps == 7
    with pytest.raises(DittosimError, match="times in all"):
        Run.of(workload, 10**6)


@pytest.mark.parametrize("step", [-1, 7, 50])
def test_step_beyond_the_run(workload, step: int) -> None:
    with pytest.raises(DittosimError, match=f"--step {step}.* 7 steps .* last is 6"):
        Run.of(workload, 7).observe(lambda _: pytest.fail("work"), last_step=step)
