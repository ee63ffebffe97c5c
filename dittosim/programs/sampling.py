"""Sampling on the machine, image by image: in this process with sim, in others on Verilog."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dittosim.parallel import in_parallel
from dittosim.programs.images import Drawing, draw_on_sim, draw_on_verilog, expected_cycles
from dittosim.progress import progress
from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler
from golden.step.program import StepProgram
from golden.workload.workload import Workload, shipped_workloads
from tb.harness.simulators import Simulator, require
from tb.stimuli.sampling_job import SamplingJob


def sampling_jobs(
    workload: Workload,
    place: str,
    program: StepProgram,
    count: int,
    steps: int,
    last_step: int,
    sampler: Sampler,
    seed: int,
    labels: np.ndarray | None,
) -> Iterator[SamplingJob]:
    """A job per image; ``place`` is the workload's name or folder, ``labels`` int (count,)."""
    # The simulator runs in a folder of its own.
    found = place if place in shipped_workloads() else str(Path(place).resolve())
    for number, noise in enumerate(workload.noise_batches(count, seed, 1)):
        yield SamplingJob(
            found,
            program,
            noise,
            steps,
            last_step,
            sampler,
            ImageSeed(seed, number),
            None if labels is None else labels[number : number + 1],
        )


def drawn_on_sim(jobs: list[SamplingJob], workload: Workload) -> Iterator[Drawing]:
    """Images in golden, with a bar over their steps."""
    with progress() as bar:
        total = sum(job.last_step + 1 for job in jobs)
        task = bar.add_task(f"sample {workload.name} with sim", total=total)
        for job in jobs:
            yield draw_on_sim(job, workload, lambda: bar.advance(task))


def drawn_on_verilog(
    jobs: list[SamplingJob], workload: Workload, simulator: Simulator, processes: int
) -> Iterator[Drawing]:
    """Images on the emitted Verilog, a simulator each, as many at once as there are processes.

    The bar says about how many cycles each will take.
    """
    require(simulator)
    with progress() as bar:
        millions = expected_cycles(jobs[0], workload) / 1e6
        what = f"sample {workload.name} on {simulator}, about {millions:,.1f} M cycles an image"
        task = bar.add_task(what, total=len(jobs))
        runs = [(job, simulator) for job in jobs]
        for drawing in in_parallel(processes, draw_on_verilog, runs, ordered=True):
            bar.advance(task)
            yield drawing
