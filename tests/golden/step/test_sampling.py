import numpy as np
import pytest

from golden.denoising.samplers import Sampler, sample
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.network.dit import dit
from golden.step.compilation import compile_step
from golden.step.sampling import ProgramDenoiser
from golden.workload.workload import Workload, load_workload
from tb.stimuli.random_workloads import random_workload


def assert_image_equal(workload: Workload, flow: Mode, sampler: Sampler, steps: int) -> None:
    program = compile_step(workload, load_config("tiny"), flow)
    noise, schedule = workload.noise(1, 3), workload.description.schedule
    found = sample(sampler, ProgramDenoiser(program, workload), noise, schedule, steps)
    wanted = workload.sample(flow, noise, steps, sampler=sampler)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("sampler", list(Sampler))
def test_samplers_draw_the_image_of_the_integer_model(sampler: Sampler) -> None:
    workload = random_workload(dit(8, 18, depth=1, patch=4, heads=3, classes=2), (8, 8, 1))
    assert_image_equal(workload, Mode.TEMPORAL, sampler, 6)


@pytest.mark.long
def test_a_whole_run_of_a_shipped_workload() -> None:
    assert_image_equal(load_workload("digits-cond"), Mode.TEMPORAL, Sampler.DDIM, 50)


def test_the_label_is_that_asked_for() -> None:
    workload = random_workload(dit(8, 16, depth=1, patch=4, heads=2, classes=2), (8, 8, 1))
    program = compile_step(workload, load_config("tiny"))
    noise, label = workload.noise(1, 0), np.array([1])
    schedule = workload.description.schedule
    denoiser = ProgramDenoiser(program, workload, label)
    found = sample(Sampler.DDIM, denoiser, noise, schedule, 3)
    np.testing.assert_array_equal(found, workload.sample(Mode.ACT, noise, 3, labels=label))
    assert not np.array_equal(found, workload.sample(Mode.ACT, noise, 3))
