"""Who was busy when, in whole denoising steps."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dittosim.api.choices import chosen
from dittosim.api.workloads import Source, load_workload, workload_place
from dittosim.flows import FlowName, machine_flow
from dittosim.machines import Config, config_name, machine_of
from dittosim.programs.products import mode_of_products
from dittosim.results import Result
from golden.denoising.samplers import Sampler
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.program import ProgramFlow
from golden.workload.run import Run
from golden.workload.workload import Workload, shipped_workloads

if TYPE_CHECKING:
    from dittosim.drawing import Figure
    from dittosim.timelines.activity import StepActivity
    from tb.harness.simulators import Simulator

PICTURE, TRACE = "timeline.png", "timeline.json"
SIM, VERILOG = "sim", "verilog"
ONE_STEP = "--products is of one step in the simulator: give one step, and no --on verilog"


@dataclass(frozen=True, eq=False)
class Timeline(Result):
    """Steps that follow each other, and when each unit of the machine was busy in them."""

    steps: "Sequence[StepActivity]"
    """Layers, intervals in which units are busy, counters"""
    title: str
    about: Mapping[str, Any]
    """What ran"""
    difference: str = ""
    """Of steps on the Verilog, how they first differ from the simulator's; must be empty"""

    @property
    def cycles(self) -> int:
        """Of all steps."""
        return sum(step.counters.cycles for step in self.steps)

    @property
    def intervals(self) -> int:
        """In which a unit is busy."""
        return sum(len(step.units) for step in self.steps)

    def trace_events(self) -> str:
        """A trace in JSON that https://ui.perfetto.dev opens; 1 us is one cycle."""
        from dittosim.timelines.trace_events import trace_events

        return trace_events(self.steps, self.about)

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> list[Path]:
        """Writes ``timeline.png`` and ``timeline.json``; returns their paths.

        Raises DittosimError if they are there already and ``force`` is not given.
        """
        from dittosim.files import output_folder, write_whole

        place = output_folder(Path(folder), PICTURE, TRACE, force=force)
        write_whole(place / TRACE, self.trace_events())
        write_whole(place / PICTURE, self.plot().png())
        return [place / PICTURE, place / TRACE]

    def to_dict(self) -> dict[str, Any]:
        """What ran and the trace: all that ``timeline.json`` holds."""
        return json.loads(self.trace_events())

    def summary(self) -> dict[str, Any]:
        """What ran, and of every step its cycles and how long each unit's intervals are in all."""
        steps = []
        for step in self.steps:
            units: dict[str, dict[str, int]] = {}
            for busy in step.units:
                name = f"{busy.unit.engine}: {busy.unit.label}"
                each = units.setdefault(name, {"intervals": 0, "cycles": 0})
                each["intervals"] += 1
                each["cycles"] += busy.cycles
            steps.append({"step": step.title, "cycles": step.counters.cycles, "units": units})
        return {
            **self.about,
            "cycles": self.cycles,
            "intervals": self.intervals,
            "difference": self.difference,
            "by_step": steps,
        }

    def records(self) -> list[dict[str, Any]]:
        """A row for each interval in which a unit is busy.

        ``first`` and ``last`` are cycles from the first step's start on, both included; ``bytes``
        are of transfers, ``mode`` of products and choices, None elsewhere.
        """
        rows, before = [], 0
        for step in self.steps:
            for busy in step.units:
                layer = step.layers[busy.layer]
                rows.append(
                    {
                        "step": step.title,
                        "engine": busy.unit.engine,
                        "unit": busy.unit.label,
                        "node": layer.node,
                        "layer": layer.name,
                        "mode": layer.mode.value if layer.mode else None,
                        "first": before + busy.first,
                        "last": before + busy.last,
                        "cycles": busy.cycles,
                        "bytes": busy.moved if busy.unit.moves else None,
                    }
                )
            before += step.counters.cycles
        return rows

    def tables(self) -> list[Any]:
        """A line."""
        from dittosim.console import Line

        return [Line(f"{self.title}: {self.cycles:,} cycles, {self.intervals:,} intervals")]

    def plot(self, first_cycle: int = 0, cycles: int | None = None) -> "Figure":
        """A row per unit, darker the more of the time it is busy.

        ``cycles`` from ``first_cycle`` on, counted from the first step's start; up to the end if
        None. Raises DittosimError if that is behind the last one.
        """
        from dittosim.timelines.picture import timeline_figure

        end = self.cycles + 1
        if first_cycle >= end:
            raise DittosimError(f"--first-cycle {first_cycle:,}: the last cycle is {end - 1:,}")
        window = min(cycles or end, end - first_cycle)
        return timeline_figure(self.steps, self.title, first_cycle, window)

    def _repr_png_(self) -> bytes:
        return self.plot().png()


def timeline(
    workload: Source,
    config: Config = "small",
    flow: str = FlowName.TEMPORAL,
    *,
    step: int | tuple[int, int] = 1,
    steps: int | None = None,
    seed: int = 0,
    on: str = SIM,
    simulator: str | None = None,
    products: bool = False,
) -> Timeline:
    """Watches every unit of the machine through whole denoising steps, cycle by cycle.

    Args:
        workload: A shipped workload's name, a folder, or a loaded one.
        config: A preset, a TOML file, or a configuration.
        flow: Execution flow.
        step: The denoising step, or the first and the last of several; the first is 0.
        steps: Of the run; the workload's own if None.
        seed: Of its noise.
        on: ``sim``, or ``verilog``: a probe in the emitted Verilog, compared with the simulator.
        simulator: On Verilog, ``verilator`` or ``icarus``.
        products: Only the matrix products of one step, in a queue of their own.

    Raises DittosimError where the machine does not run the workload, or the run has no such step.
    """
    name = chosen(FlowName, flow, "flow")
    mode = machine_flow(name)
    first, last = (step, step) if isinstance(step, int) else step
    if on not in (SIM, VERILOG):
        raise DittosimError(f"nothing runs on '{on}': choose among {SIM}, {VERILOG}")
    if on == SIM and simulator is not None:
        raise DittosimError("--simulator is for --on verilog: leave it out")
    if last < first:
        raise DittosimError(f"--step {first}-{last}: the first step comes first")
    machine = machine_of(config)
    run = Run.of(load_workload(workload), steps, seed=seed)
    run.check_step(first)
    run.check_step(last)
    from dittosim.timelines.watching import of_products

    difference, where = "", on
    if products:
        alone = mode_of_products(mode)
        if on == VERILOG or first != last:
            raise DittosimError(ONE_STEP)
        shown = [of_products(run, machine, alone, first)]
    elif on == SIM:
        shown = _on_sim(run, machine, mode, last)[first:]
    else:
        from tb.harness.simulators import Simulator

        tool = chosen(Simulator, simulator or Simulator.VERILATOR, "simulator")
        every, difference = _on_verilog(run, _place(workload), machine, mode, last, tool)
        shown, where = every[first:], tool.value
    which = shown[0].title if first == last else f"steps {first} to {last}"
    named = config_name(config)
    title = f"{run.workload.name} ({name.value}) on {named}, {which} of {run.steps}, {where}"
    about = {
        "workload": run.workload.name,
        "configuration": named,
        "configuration_hash": machine.digest(),
        "flow": name.value,
        "steps": run.steps,
        "seed": seed,
        "on": where,
    }
    return Timeline(shown, title, about, difference)


def _place(workload: Source) -> str:
    """Where the simulator's process finds it; DittosimError if it is in memory alone."""
    place = workload_place(workload)
    if isinstance(workload, Workload) and place not in shipped_workloads():
        raise DittosimError(
            f"the Verilog's host reads workloads from disk: save {place} (save_workload) and give "
            "its folder"
        )
    return place


def _on_sim(run: Run, config: MachineConfig, flow: ProgramFlow, last: int) -> "list[StepActivity]":
    """All steps up to the last one."""
    from dittosim.timelines.watching import on_sim

    return on_sim(_job(run, run.workload.name, config, flow, last), run.workload)


def _on_verilog(
    run: Run,
    place: str,
    config: MachineConfig,
    flow: ProgramFlow,
    last: int,
    simulator: "Simulator",
) -> "tuple[list[StepActivity], str]":
    """All steps up to the last one, and how they differ from what the simulator says."""
    from dittosim.timelines import watching

    job = _job(run, place, config, flow, last)
    expected = watching.on_sim(job, run.workload)
    seen, findings = watching.on_verilog(job, run.workload, simulator)
    difference = findings.first_difference if findings.differences else ""
    return seen, difference or watching.first_difference(seen, expected)


def _job(run: Run, place: str, config: MachineConfig, flow: ProgramFlow, last: int) -> Any:
    from dittosim.programs.sampling import sampling_jobs
    from dittosim.programs.steps import planned_program

    workload = run.workload
    program = planned_program(workload, config, flow, steps=run.steps, seed=run.seed)
    labels = workload.labels(1)
    (job,) = sampling_jobs(
        workload, place, program, 1, run.steps, last, Sampler.DDIM, run.seed, labels
    )
    return job
