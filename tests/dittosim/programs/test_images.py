from pathlib import Path

import pytest

from dittosim.programs.images import draw_on_sim, expected_cycles
from dittosim.programs.sampling import sampling_jobs
from dittosim.programs.steps import planned_program
from golden.denoising.samplers import Sampler
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.workload import load_workload
from tests.helpers.tiny_digits import save_tiny_digits


@pytest.mark.parametrize("steps", [1, 2, 8])
def test_cycles_are_foreseen_from_the_first_two_steps(tmp_path: Path, steps: int) -> None:
    place = str(save_tiny_digits(tmp_path / "digits"))
    workload = load_workload(place)
    program = planned_program(workload, load_config("tiny"), Mode.TEMPORAL, steps=steps)
    (job,) = sampling_jobs(
        workload, place, program, 1, steps, steps - 1, Sampler.DDIM, 0, workload.labels(1)
    )
    told = 0

    def progress() -> None:
        nonlocal told
        told += 1

    cycles = sum(one.cycles for one in draw_on_sim(job, workload, progress).counters)
    assert told == steps
    foreseen = expected_cycles(job, workload)
    assert foreseen == cycles if steps <= 2 else abs(foreseen / cycles - 1) < 0.1
