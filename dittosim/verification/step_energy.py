"""Energy of whole steps on the Verilog: what it counts itself, against what the simulator does."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from dittosim.console import result_table
from dittosim.energy.cost import EnergyModel
from dittosim.energy.event_signals import event_expressions
from dittosim.energy.events import CYCLES, EVENTS, simulated_events
from dittosim.programs.images import Drawing, draw_on_verilog
from golden.accelerator.counters import KINDS
from golden.workload.workload import Workload
from rtl.emission.emit import emit
from sim.run.whole_run import whole_runs
from tb.harness.simulators import Simulator
from tb.harness.task import Findings
from tb.probe.recorder import Windows, read_totals, with_recorder
from tb.stimuli.sampling_job import SamplingJob

WHOLE = "accelerator"


@dataclass(frozen=True)
class StepEnergy:
    """Of one step, both by their own counts."""

    verilog: Mapping[str, int]
    """Events, with the cycles"""
    simulated: Mapping[str, int]
    verilog_pj: float
    simulated_pj: float


def draw_with_events(
    job: SamplingJob, workload: Workload, model: EnergyModel
) -> tuple[Drawing, list[StepEnergy]]:
    """Draws one image on the Verilog, events counted beside it, and predicts its energy.

    What counts them looks on: the run is compared as ever. DittosimError if the bench does not come
    to its end.
    """
    config = job.program.config
    plain = emit(WHOLE, config)
    emission = with_recorder(plain, {}, event_expressions(plain.verilog, config))
    with tempfile.TemporaryDirectory(prefix="dittosim-events-") as scratch:
        folder = Path(scratch)
        none = Windows(queue=0, first=1, length=1, period=1, count=0).arguments(folder)
        drawing = draw_on_verilog(job, Simulator.VERILATOR, emission=emission, arguments=none)
        totals = read_totals(folder, EVENTS)
    (run,) = whole_runs(
        {"": job.program}, workload, steps=job.steps, seed=job.seed.seed, events=True
    ).values()
    found = []
    for step, (events, counters) in enumerate(zip(totals, drawing.counters, strict=True)):
        verilog = {CYCLES: counters.cycles, **events}
        simulated = simulated_events(run.steps[step], run.array(step=step), config)
        near = {kind: counters.scratchpad_bytes(kind) for kind in KINDS}
        # The bench has demanded the same of what the DRAM did in the Verilog.
        dram = run.dram_of(step)
        energies = (
            sum(model.of_events(each, near, dram).values()) for each in (verilog, simulated)
        )
        found.append(StepEnergy(verilog, simulated, *energies))
    return drawing, found


def event_findings(steps: Sequence[StepEnergy]) -> Findings:
    """Counts compared one by one; every difference is one."""
    wrong = [
        f"step {number}: the Verilog counts {each.verilog[name]:,} {name}, the simulator {count:,}"
        for number, each in enumerate(steps)
        for name, count in each.simulated.items()
        if each.verilog[name] != count
    ]
    values = sum(len(each.simulated) for each in steps)
    return Findings(
        values=values, value_differences=len(wrong), first_difference=wrong[0] if wrong else ""
    )


def step_table(title: str, steps: Sequence[StepEnergy]) -> Table:
    """Energy by step, of the Verilog and of its prediction."""
    table = result_table(title, "step", "cycles", "uJ,\nVerilog", "uJ,\nsim", "events\nthat differ")
    for number, each in enumerate(steps):
        table.add_row(str(number), *_cells([each]))
    table.add_section()
    table.add_row("all", *_cells(steps))
    return table


def step_figures(steps: Sequence[StepEnergy]) -> list[dict[str, object]]:
    """For files."""
    return [
        {
            "events_verilog": dict(each.verilog),
            "events_sim": dict(each.simulated),
            "verilog_pj": each.verilog_pj,
            "sim_pj": each.simulated_pj,
        }
        for each in steps
    ]


def _cells(steps: Sequence[StepEnergy]) -> Iterator[str]:
    yield f"{sum(each.verilog[CYCLES] for each in steps):,}"
    yield f"{sum(each.verilog_pj for each in steps) / 1e6:,.3f}"
    yield f"{sum(each.simulated_pj for each in steps) / 1e6:,.3f}"
    yield f"{event_findings(steps).value_differences:,}"
