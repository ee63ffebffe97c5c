"""Programs of whole denoising steps, planned and measured on a workload's own run."""

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from dittosim.console import progress
from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.denoising.samplers import images_by_step
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.compilation import compile_step
from golden.step.machine_fit import fitting
from golden.step.planning import planned_step
from golden.step.program import Entry, ProgramFlow, StepProgram
from golden.workload.run import Run
from golden.workload.workload import Workload
from sim.run.activations import Activations
from sim.run.plans import step_plans
from sim.run.steps import StepSimulator, StepTimeline, products_alone
from sim.scheduler.planning import planned


@dataclass(frozen=True)
class MeasuredStep:
    """A step of a run, as a program computes it."""

    queue: str
    timeline: StepTimeline
    products_alone: int
    """Cycles of its products in a queue of their own"""


def planned_program(
    workload: Workload,
    config: MachineConfig,
    mode: ProgramFlow,
    *,
    steps: int | None = None,
    step: int = 1,
    seed: int = 0,
    activations: Activations | None = None,
) -> StepProgram:
    """The program whose products are cut as is cheapest in ``step`` of a run in ``steps``.

    Of a run that is shorter, in its last step. ``activations`` are those of that very run, image
    by image, if they are there already. DittosimError says all that does not fit the machine, and
    which buffers would do.
    """
    draft = fitting(lambda machine: compile_step(workload, machine, mode), config)
    step = min(step, workload.steps(steps) - 1)
    if activations:
        plans = step_plans(draft, workload, step, activations.batches[0][step])
        return compile_step(workload, config, mode, plans)
    return planned_step(draft, workload, planned, steps=steps, step=step, seed=seed)


def measured_step(program: StepProgram, run: Run, step: int) -> MeasuredStep:
    """The cycles of ``step`` of the run's first image."""
    workload = run.workload
    simulator = StepSimulator(program, workload)
    noise, schedule = workload.noise(1, run.seed), workload.description.schedule
    images = images_by_step(run.sampler, simulator, noise, schedule, run.steps, run.seed)
    with progress() as bar:
        task = bar.add_task(f"simulate {workload.name}", total=step + 1)
        for _ in islice(images, step + 1):
            bar.advance(task)
    assert simulator.queue
    alone = products_alone(simulator.queue)
    return MeasuredStep(program.queue_of(step), simulator.steps[-1], alone)


def interrupting(program: StepProgram) -> StepProgram:
    """The program with an interrupt at the end of every layer."""
    memory = program.memory.copy()
    queues = {}
    for name, queue in program.queues.items():
        entries: list[Entry] = []
        for number, entry in enumerate(queue.entries):
            if isinstance(entry.descriptor, ChoiceDescriptor):
                raise DittosimError(
                    "an interrupt for each layer does not go with layers that the machine "
                    "chooses; choose flow original, temporal or spatial"
                )
            descriptor = replace(entry.descriptor, interrupt=1)
            first = queue.base + number * DESCRIPTOR_BYTES
            packed = np.frombuffer(descriptor.pack(), np.uint8)
            memory[first : first + DESCRIPTOR_BYTES] = packed
            entries.append(replace(entry, descriptor=descriptor))
        queues[name] = replace(queue, entries=tuple(entries))
    return replace(program, memory=memory, queues=queues)
