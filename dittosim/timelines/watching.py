"""Watches steps of a run: in the simulator, and on the emitted Verilog."""

import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from dittosim.console import progress
from dittosim.programs.images import draw_on_verilog, expected_cycles
from dittosim.programs.products import planned_products
from dittosim.timelines.activity import ShownLayer, StepActivity, shown_layers
from golden.accelerator.program import Program
from golden.denoising.samplers import images_by_step
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.workload.run import Run
from golden.workload.workload import Workload
from sim.run.activity import simulated_units
from sim.run.steps import StepSimulator
from sim.scheduler.accelerator import queue_timeline
from tb.harness.simulators import Simulator, require
from tb.harness.task import Findings
from tb.probe.reading import read_probe
from tb.stimuli.sampling_job import SamplingJob


def on_sim(job: SamplingJob, workload: Workload) -> list[StepActivity]:
    """Every step of the job, as the simulator has it."""
    simulator = StepSimulator(job.program, workload, job.labels)
    schedule = workload.description.schedule
    images = images_by_step(job.sampler, simulator, job.noise, schedule, job.steps, job.seed)
    found = []
    with progress() as bar:
        task = bar.add_task(f"simulate {workload.name}", total=job.last_step + 1)
        for number, _ in enumerate(islice(images, job.last_step + 1)):
            assert simulator.queue
            step = simulator.steps[-1]
            found.append(
                StepActivity(
                    f"step {number}",
                    job.program.queue_of(number),
                    shown_layers(step.entries),
                    simulated_units(simulator.queue),
                    step.counters,
                )
            )
            bar.advance(task)
    return found


def on_verilog(
    job: SamplingJob, workload: Workload, simulator: Simulator
) -> tuple[list[StepActivity], Findings]:
    """Every step of the job, as a probe saw it on the Verilog, and what differed from sim."""
    require(simulator)
    with tempfile.TemporaryDirectory(prefix="dittosim-") as scratch, progress() as bar:
        probe = Path(scratch) / "probe.txt"
        millions = expected_cycles(job, workload) / 1e6
        what = f"watch {workload.name} on {simulator}, about {millions:,.1f} M cycles"
        task = bar.add_task(what, total=1)
        drawing = draw_on_verilog(job, simulator, probe)
        seen = read_probe(probe, job.program)
        bar.advance(task)
    steps = [
        StepActivity(
            f"step {number}",
            job.program.queue_of(number),
            shown_layers(queue.entries),
            queue.units,
            counters,
        )
        for number, (queue, counters) in enumerate(zip(seen, drawing.counters, strict=True))
    ]
    return steps, drawing.findings


def of_products(run: Run, config: MachineConfig, mode: Mode, step: int) -> StepActivity:
    """The products of a step alone in a queue, as the simulator has it."""
    layers = planned_products(run, config, mode, step)
    program = Program.of([named.run for named in layers])
    _, counters = queue_timeline(program)
    return StepActivity(
        f"products of step {step}",
        "products",
        [ShownLayer(named.name, named.layer, named.run.mode) for named in layers],
        simulated_units(program),
        counters,
    )


def first_difference(found: Sequence[StepActivity], wanted: Sequence[StepActivity]) -> str:
    """Where what was seen is not what the simulator says; empty if nowhere."""
    for one, other in zip(found, wanted, strict=True):
        if one.layers != other.layers:
            return f"{one.title}: other layers ran"
        for seen, said in zip(one.units, other.units, strict=False):
            if seen != said:
                layer = one.layers[seen.layer].name
                return f"{one.title}, {layer}: seen {seen}, simulated {said}"
        if len(one.units) != len(other.units):
            return f"{one.title}: {len(one.units)} intervals, simulated {len(other.units)}"
    return ""
