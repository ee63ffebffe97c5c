"""A step's accesses of DRAM, as the simulators DRAMsim3 and Ramulator read them."""

from itertools import islice

import numpy as np

from dittosim.console import progress
from dittosim.programs.request_forms import Form
from dittosim.programs.sampling import sampling_jobs
from dittosim.programs.steps import planned_program
from golden.denoising.samplers import Sampler, images_by_step
from golden.machine.config import MachineConfig
from golden.step.program import ProgramFlow
from golden.workload.run import Run
from sim.run.requests import dram_requests
from sim.run.steps import StepSimulator


def requests_of_step(
    run: Run, place: str, config: MachineConfig, flow: ProgramFlow, step: int
) -> np.ndarray:
    """int64 (accesses, :data:`sim.run.requests.COLUMNS`) of a step of a sampling run.

    ``place`` is where the workload was found. The machine is on DRAM.
    """
    workload = run.workload
    program = planned_program(workload, config, flow, steps=run.steps, seed=run.seed)
    (job,) = sampling_jobs(
        workload, place, program, 1, run.steps, step, Sampler.DDIM, run.seed, workload.labels(1)
    )
    simulator = StepSimulator(program, workload, job.labels)
    schedule = workload.description.schedule
    images = images_by_step(job.sampler, simulator, job.noise, schedule, job.steps, job.seed)
    with progress() as bar:
        task = bar.add_task(f"simulate {workload.name}", total=step + 1)
        for _ in islice(images, step + 1):
            bar.advance(task)
    assert simulator.queue
    return dram_requests(simulator.queue)


def trace_text(requests: np.ndarray, form: Form) -> str:
    """The accesses in a form."""
    if form is Form.DRAMSIM3:
        lines = (
            f"{address:#x} {('READ', 'WRITE')[write]} {tick}"
            for tick, address, write in requests.tolist()
        )
    else:
        lines = (
            f"{'ST' if write else 'LD'} {address:#x}" for _, address, write in requests.tolist()
        )
    return "".join(f"{line}\n" for line in lines)
