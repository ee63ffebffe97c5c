"""Images drawn by a program: in golden with the cycles of sim, or on the emitted Verilog."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from golden.accelerator.counters import REGISTERS, SCRATCHPAD, Counters
from golden.denoising.samplers import images_by_step
from golden.workload.workload import Workload
from rtl.emission.emit import Emission
from sim.run.steps import StepSimulator
from tb.harness.simulators import Simulator
from tb.harness.task import Findings
from tb.sampling import sample_on_verilog
from tb.stimuli.sampling_job import SamplingJob


@dataclass(frozen=True)
class Drawing:
    """An image and what it cost."""

    image: np.ndarray
    """float32 (1, height, width, channels)"""
    counters: list[Counters]
    """Of the machine, step by step"""
    findings: Findings
    """Differences of the Verilog from golden and sim; empty for sim"""
    seconds: float
    """What simulating the cycles took"""


def draw_on_sim(
    job: SamplingJob, workload: Workload, progress: Callable[[], None] = lambda: None
) -> Drawing:
    """Draws one image in this process; ``progress`` is called after every step."""
    began = time.perf_counter()
    simulator = StepSimulator(job.program, workload, job.labels)
    schedule = workload.description.schedule
    images = images_by_step(job.sampler, simulator, job.noise, schedule, job.steps, job.seed)
    found = job.noise
    for image in islice(images, job.last_step + 1):
        found = image
        progress()
    counters = [step.counters for step in simulator.steps]
    return Drawing(found, counters, Findings(), time.perf_counter() - began)


def draw_on_verilog(
    job: SamplingJob,
    simulator: Simulator,
    probe: Path | None = None,
    emission: Emission | None = None,
    arguments: Sequence[str] = (),
) -> Drawing:
    """Draws one image on the emitted Verilog, everything compared after every step.

    DittosimError if the bench does not come to its end. ``probe``, ``emission`` (of the accelerator
    alone) and ``arguments`` as :func:`tb.sampling.sample_on_verilog` takes them.
    """
    blocks = None if emission is None else ()
    result, findings = sample_on_verilog(job, simulator, probe, emission, arguments, blocks)
    names = (*REGISTERS, *SCRATCHPAD)
    counters = [
        Counters(**{name: counted[name.upper()] for name in names}) for counted in result.counters
    ]
    return Drawing(result.image, counters, findings, findings.seconds)


def expected_cycles(job: SamplingJob, workload: Workload) -> int:
    """About the cycles of one image: those of the first two steps, the rest as the second."""
    simulator = StepSimulator(job.program, workload, job.labels)
    schedule = workload.description.schedule
    images = images_by_step(job.sampler, simulator, job.noise, schedule, job.steps, job.seed)
    number = job.last_step + 1
    timed = min(number, 2)
    list(islice(images, timed))
    cycles = [step.counters.cycles for step in simulator.steps]
    return sum(cycles) + (number - timed) * cycles[-1]
