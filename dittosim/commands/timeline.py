"""``dittosim timeline``: who was busy when, in whole denoising steps."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dittosim.console import console
from dittosim.files import output_folder, write_text
from dittosim.flows import FlowName, machine_flow
from dittosim.options import (
    ConfigOption,
    ForceOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
)
from dittosim.programs.products import mode_of_products
from golden.denoising.samplers import Sampler
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from golden.step.program import ProgramFlow
from golden.workload.run import Run
from golden.workload.workload import load_workload
from tb.harness.simulators import Simulator

if TYPE_CHECKING:
    from dittosim.timelines.activity import StepActivity

PICTURE, TRACE = "timeline.png", "timeline.json"


class Place(StrEnum):
    """What runs the steps."""

    SIM = "sim"
    VERILOG = "verilog"


def timeline(
    workload: WorkloadArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for picture and trace.")],
    config: ConfigOption = "small",
    flow: Annotated[FlowName, typer.Option(help="Execution flow.")] = FlowName.TEMPORAL,
    step: Annotated[
        str, typer.Option(metavar="N[-N]", help="Denoising step, or several; the first is 0.")
    ] = "1",
    steps: StepsOption = None,
    seed: SeedOption = 0,
    on: Annotated[
        Place, typer.Option(help="What runs the steps: the simulator, or the emitted Verilog.")
    ] = Place.SIM,
    simulator: Annotated[
        Simulator | None,
        typer.Option(help="With --on verilog: Verilog simulator; verilator if absent."),
    ] = None,
    products: Annotated[
        bool,
        typer.Option(
            "--products", help="Only the matrix products of one step, in a queue of their own."
        ),
    ] = False,
    first_cycle: Annotated[
        int, typer.Option(min=0, help="Where the picture begins, from the first step's start on.")
    ] = 0,
    cycles: Annotated[
        int | None, typer.Option(min=1, help="Cycles in the picture; up to the end if absent.")
    ] = None,
    force: ForceOption = False,
) -> None:
    """Draw who was busy when: array, output stage, vector unit, memory, Defo's choices.

    Writes timeline.png and timeline.json, a trace that https://ui.perfetto.dev opens: a process per
    engine, a thread per unit, events named after the nodes of the graph; 1 us is one cycle. Steps
    follow each other without the host's time between. Examples:

    `dittosim timeline digits-unet -c small --flow defo --step 0-2 -o out`

    `dittosim timeline digits-unet --first-cycle 20000 --cycles 5000 -o part`

    On the Verilog a probe sees when layers, passes and transfers begin and end; each is compared
    with what the simulator says, and a difference ends in exit code 1. All steps up to the last one
    shown run, tens of seconds each:

    `dittosim timeline digits-unet -c tiny --flow defo --step 0-2 --on verilog -o seen`
    """
    mode = machine_flow(flow)
    if on is Place.SIM and simulator is not None:
        raise DittosimError("--simulator is for --on verilog: leave it out")
    first, last = _range(step)
    machine = load_config(config)
    run = Run.of(load_workload(workload), steps, seed=seed)
    run.check_step(last)
    if products:
        alone = mode_of_products(mode)
        _check_products(on, first, last)
    folder = output_folder(output, PICTURE, TRACE, force=force)
    from dittosim.timelines.picture import plot_timeline
    from dittosim.timelines.trace_events import trace_events
    from dittosim.timelines.watching import of_products

    difference = ""
    if products:
        shown = [of_products(run, machine, alone, first)]
    else:
        every, difference = _watch(run, workload, machine, mode, last, on, simulator)
        shown = every[first:]
    end = sum(one.counters.cycles for one in shown) + 1
    if first_cycle >= end:
        raise DittosimError(f"--first-cycle {first_cycle:,}: the last cycle is {end - 1:,}")
    window = min(cycles or end, end - first_cycle)
    where = on.value if on is Place.SIM else (simulator or Simulator.VERILATOR).value
    which = shown[0].title if first == last else f"steps {first} to {last}"
    title = f"{run.workload.name} ({flow.value}) on {config}, {which} of {run.steps}, {where}"
    about = {
        "workload": run.workload.name,
        "configuration": config,
        "configuration_hash": machine.digest(),
        "flow": flow.value,
        "steps": run.steps,
        "seed": seed,
        "on": where,
    }
    write_text(folder / TRACE, trace_events(shown, about))
    plot_timeline(shown, title, first_cycle, window, folder / PICTURE)
    total = sum(one.counters.cycles for one in shown)
    count = sum(len(one.units) for one in shown)
    console.print(
        f"{title}: {total:,} cycles, {count:,} intervals: {folder}/{PICTURE}, {TRACE}",
        soft_wrap=True,
    )
    if difference:
        console.print(difference, style="red", soft_wrap=True)
        raise typer.Exit(1)
    if on is Place.VERILOG:
        console.print("every interval of every step is the simulator's, to the cycle")


def _range(step: str) -> tuple[int, int]:
    """First and last step."""
    found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", step)
    if not found:
        raise DittosimError(f"--step {step}: give a step, such as 1, or several, such as 0-2")
    first = int(found[1])
    last = int(found[2] or first)
    if last < first:
        raise DittosimError(f"--step {step}: the first step comes first, such as {last}-{first}")
    return first, last


def _check_products(on: Place, first: int, last: int) -> None:
    """DittosimError if products alone are asked for where they do not run."""
    if on is Place.VERILOG or first != last:
        raise DittosimError(
            "--products is of one step in the simulator: give one step, and no --on verilog"
        )


def _watch(
    run: Run,
    place: str,
    config: MachineConfig,
    flow: ProgramFlow,
    last: int,
    on: Place,
    simulator: Simulator | None,
) -> "tuple[list[StepActivity], str]":
    """All steps up to the last one, and how they differ from what the simulator says."""
    from dittosim.programs.sampling import sampling_jobs
    from dittosim.programs.steps import planned_program
    from dittosim.timelines.watching import first_difference, on_sim, on_verilog

    workload = run.workload
    program = planned_program(workload, config, flow, steps=run.steps, seed=run.seed)
    labels = workload.labels(1)
    (job,) = sampling_jobs(
        workload, place, program, 1, run.steps, last, Sampler.DDIM, run.seed, labels
    )
    expected = on_sim(job, workload)
    if on is Place.SIM:
        return expected, ""
    seen, findings = on_verilog(job, workload, simulator or Simulator.VERILATOR)
    difference = findings.first_difference if findings.differences else ""
    return seen, difference or first_difference(seen, expected)
