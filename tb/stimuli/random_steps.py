"""Small random models and programs of their steps, which run all that whole steps are made of."""

from dataclasses import dataclass

import numpy as np

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import Descriptor, ModeCode
from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.network.dit import dit
from golden.network.unet import unet
from golden.step.compilation import compile_step
from golden.step.program import Choosing, Mixed, ProgramFlow, StepProgram
from golden.vector.descriptor import Op, VectorDescriptor
from golden.workload.workload import Workload
from sim.run.queue_timer import StepTimeline
from tb.harness.coverage import Coverage
from tb.stimuli.random_workloads import random_workload
from tb.stimuli.sampling_job import SamplingJob

SIDE = 4
"""Of images"""
FLOWS = (Mode.SPATIAL, Mode.TEMPORAL, Mixed.RAW_ATTENTION, *Choosing)
STRATA = {
    "flow": [flow.value for flow in FLOWS],
    "product": [mode.name.lower() for mode in Mode],
    "vector layer": [op.name.lower() for op in Op],
    "queue": ["step", "first", "odd", "even"],
    "choice": [f"{flow.value}, step {step}" for flow in Choosing for step in range(3)],
    "choice taken": [
        "measured, as soon as all is done",
        "while a product runs",
        "while a vector layer runs",
    ],
    "variant left": ["measured, all done", "with others under way than its last"],
}
"""What the steps must meet together"""


@dataclass(frozen=True)
class RandomRun:
    """A sampling run of a model that is on no disk."""

    workload: Workload
    job: SamplingJob


def random_runs(config: MachineConfig, rng: np.random.Generator) -> list[RandomRun]:
    """A U-Net and a transformer: in differences of either kind, and with attention left raw.

    Then both with modes that the machine chooses.
    """
    seeds = rng.integers(0, 1 << 16, 2).tolist()
    shape = (SIDE, SIDE, 1)
    unet_graph = unet(SIDE, 8, width=4, groups=2, heads=1)
    dit_graph = dit(SIDE, 8, depth=1, patch=2, heads=2, classes=2)
    unet_model, dit_model = (
        random_workload(graph, shape, seed)
        for graph, seed in zip((unet_graph, dit_graph), seeds, strict=True)
    )
    return [
        _run(unet_model, config, Mode.SPATIAL, 1, seeds[0]),
        _run(dit_model, config, Mode.TEMPORAL, 3, seeds[1]),
        _run(unet_model, config, Mixed.RAW_ATTENTION, 3, seeds[0]),
        _run(unet_model, config, Choosing.DEFO, 4, seeds[0]),
        _run(dit_model, config, Choosing.DEFO_PLUS, 4, seeds[1]),
    ]


def short_run(config: MachineConfig, rng: np.random.Generator) -> RandomRun:
    """Two steps of a U-Net in temporal differences."""
    seed = int(rng.integers(0, 1 << 16))
    graph = unet(SIDE, 8, width=4, groups=2, heads=1)
    workload = random_workload(graph, (SIDE, SIDE, 1), seed)
    return _run(workload, config, Mode.TEMPORAL, 2, seed)


def _run(
    workload: Workload, config: MachineConfig, flow: ProgramFlow, steps: int, seed: int
) -> RandomRun:
    job = SamplingJob(
        workload=workload.name,
        program=compile_step(workload, config, flow),
        noise=workload.noise(1, seed),
        steps=steps,
        last_step=steps - 1,
        sampler=Sampler.DDIM,
        seed=ImageSeed(seed),
        labels=workload.labels(1),
    )
    return RandomRun(workload, job)


def see_choices(coverage: Coverage, step: StepTimeline) -> None:
    """Counts what was under way when choices were taken, and their variants left."""
    for number, (entry, choice) in enumerate(zip(step.entries, step.layers, strict=True)):
        if not entry.variants:
            continue
        before = step.layers[:number]
        if entry.node in step.measured:
            coverage.see("variant left", "measured, all done")
            if before and choice.started == before[-1].ended + 1:
                coverage.see("choice taken", "measured, as soon as all is done")
            continue
        for one, line in zip(step.entries, before, strict=False):
            if line.done > choice.started and one.kind in ("product", "vector"):
                layer = "vector layer" if one.kind == "vector" else "product"
                coverage.see("choice taken", f"while a {layer} runs")
        last = number + len(entry.variants[step.modes[entry.node]])
        if any(line.done > step.layers[last].started for line in step.layers[:last]):
            coverage.see("variant left", "with others under way than its last")


def see_steps(coverage: Coverage, program: StepProgram, steps: int) -> None:
    """Counts what ``steps`` steps from the first on ran."""
    coverage.see("flow", program.flow.value)
    for step in range(steps):
        name = program.queue_of(step)
        coverage.see("queue", name)
        for entry in program.queues[name].entries:
            if isinstance(entry.descriptor, VectorDescriptor):
                coverage.see("vector layer", Op(entry.descriptor.op).name.lower())
            elif isinstance(entry.descriptor, ChoiceDescriptor):
                assert isinstance(program.flow, Choosing)
                coverage.see("choice", f"{program.flow.value}, step {min(step, 2)}")
            elif isinstance(entry.descriptor, Descriptor):
                coverage.see("product", ModeCode(entry.descriptor.mode).name.lower())
