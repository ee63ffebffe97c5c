"""What is recorded of the machine at work on real activations, on its Verilog."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from dittosim.energy.events import CYCLES, EVENTS, simulated_events
from dittosim.programs.sampling import sampling_jobs
from dittosim.programs.steps import planned_program
from golden.accelerator.program import LayerRun, Program
from golden.accelerator.workload_layers import NamedRun, workload_layers
from golden.denoising.samplers import Sampler, images_by_step
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.workload.run import Run
from rtl.emission.emit import Emission
from sim.run.array_events import ArrayEvents, array_events
from sim.run.steps import StepSimulator
from sim.scheduler.accelerator import queue_timeline
from sim.scheduler.planning import planned
from tb.probe.recorder import Windows, read_events, read_totals
from tb.programs import programs_on_verilog
from tb.sampling import sample_on_verilog
from tb.stimuli.sampling_job import SamplingJob

WINDOWS, LENGTH = 24, 256
"""Of each step that is recorded, and the cycles of each"""
STEPS = ((Mode.TEMPORAL, 0), (Mode.TEMPORAL, 1), (Mode.SPATIAL, 0))
"""Flows and steps: the first step of all but SPATIAL is ACT"""

CHECKED = (Mode.ACT, Mode.TEMPORAL, Mode.SPATIAL)
"""Of layers against which the table is held"""


@dataclass(frozen=True)
class Recording:
    """Cycles of a queue that were recorded, and what happened in them."""

    name: str
    folder: Path
    """With a file for each instance"""
    windows: int
    """All of them are as long"""
    length: int
    """Cycles of a window"""
    events: Mapping[str, np.ndarray]
    """Of the Verilog, in each window: int64 (windows,)"""
    simulated: Mapping[str, int]
    """Of the whole queue, as the simulator has them, with its cycles"""

    @property
    def counted(self) -> dict[str, int]:
        """What happened in the recorded cycles: in all of a queue, what the simulator counts."""
        cycles = self.windows * self.length
        if cycles == self.simulated[CYCLES]:
            return dict(self.simulated)
        return {CYCLES: cycles, **{name: int(each.sum()) for name, each in self.events.items()}}


@dataclass(frozen=True)
class PlannedStep:
    """A step that is to be recorded."""

    name: str
    job: SamplingJob
    windows: Windows
    simulated: Mapping[str, int]
    """Events of the step, with its cycles"""


def planned_steps(run: Run, place: str, config: MachineConfig) -> list[PlannedStep]:
    """The steps of a workload at ``place`` that are recorded, windows spread evenly.

    DittosimError if the machine does not run them, or the run has no second step.
    """
    found = []
    for flow, step in STEPS:
        run.check_step(step)
        program = planned_program(run.workload, config, flow, steps=run.steps, seed=run.seed)
        labels = run.workload.labels(1)
        (job,) = sampling_jobs(
            run.workload, place, program, 1, run.steps, step, Sampler.DDIM, run.seed, labels
        )
        simulator = StepSimulator(program, run.workload, job.labels)
        schedule = run.workload.description.schedule
        images = images_by_step(job.sampler, simulator, job.noise, schedule, job.steps, job.seed)
        list(islice(images, step + 1))
        assert simulator.queue
        counters = simulator.steps[-1].counters
        simulated = simulated_events(counters, _array_events(simulator.queue.runs), config)
        period = counters.cycles // WINDOWS
        length = min(LENGTH, period)
        windows = Windows(step, 1 + (period - length) // 2, length, period, WINDOWS)
        found.append(PlannedStep(f"step {step}, {flow.value}", job, windows, simulated))
    return found


def record_steps(steps: Sequence[PlannedStep], emission: Emission, folder: Path) -> list[Recording]:
    """Records windows of whole steps; all else as :func:`record_layers`."""
    found = []
    for one in steps:
        place = _folder(folder, one.name)
        arguments = one.windows.arguments(place)
        _, findings = sample_on_verilog(one.job, emission=emission, arguments=arguments, blocks=())
        _agree(one.name, findings.differences, findings.first_difference)
        found.append(_recording(one.name, place, one.windows, one.simulated))
    return found


def record_layers(
    layers: Sequence[NamedRun], config: MachineConfig, emission: Emission, folder: Path
) -> list[Recording]:
    """Every cycle of layers, each in a queue of its own.

    DittosimError if the Verilog differs from golden or the simulator, in events as well.
    """
    found = []
    for layer in layers:
        program = Program.of([layer.run])
        _, counters = queue_timeline(program)
        simulated = simulated_events(counters, _array_events(program.runs), config)
        windows = Windows(0, 1, counters.cycles, counters.cycles, 1)
        name = f"{layer.name}, {layer.run.mode.value}"
        place = _folder(folder, name)
        findings = programs_on_verilog(
            [program], config, emission=emission, arguments=windows.arguments(place), blocks=()
        )
        _agree(name, findings.differences, findings.first_difference)
        found.append(_recording(name, place, windows, simulated))
    return found


def check_layers(run: Run, config: MachineConfig) -> list[NamedRun]:
    """Three products of the workload, spread over its layers, each in a mode of its own.

    Of the first step for ACT, else of the second.
    """
    found = []
    for number, mode in enumerate(CHECKED):
        step = 0 if mode is Mode.ACT else 1
        runs = workload_layers(run, config, [mode], planned, step=step, progress=lambda _: None)
        weighted = [one for one in runs if one.head is None and one.number == 0]
        found.append(weighted[(2 * number + 1) * len(weighted) // (2 * len(CHECKED))])
    return found


def _array_events(runs: Iterable[object]) -> dict[Mode, ArrayEvents]:
    found: dict[Mode, ArrayEvents] = defaultdict(ArrayEvents)
    for run in runs:
        if isinstance(run, LayerRun):
            found[run.mode] += array_events(run)
    return found


def _folder(folder: Path, name: str) -> Path:
    place = folder / name.replace(" ", "-").replace(",", "")
    place.mkdir()
    return place


def _recording(
    name: str, folder: Path, windows: Windows, simulated: Mapping[str, int]
) -> Recording:
    by_cycle = read_events(folder, EVENTS)
    shape = (windows.count, windows.length)
    total = read_totals(folder, EVENTS)[windows.queue]
    for event, count in total.items():
        if count != simulated[event]:
            raise DittosimError(
                f"{name}: the Verilog counts {count:,} {event}, the simulator {simulated[event]:,}"
            )
    events = {event: each.reshape(shape).sum(axis=1) for event, each in by_cycle.items()}
    return Recording(name, folder, windows.count, windows.length, events, simulated)


def _agree(name: str, differences: int, first: str) -> None:
    if differences:
        raise DittosimError(f"{name}: the recorded Verilog differs, first in {first}")
