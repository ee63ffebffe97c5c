"""``dittosim timeline``: who was busy when, in whole denoising steps."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dittosim.api.timeline import ONE_STEP, PICTURE, TRACE
from dittosim.api.timeline import timeline as watch
from dittosim.console import Line, console, print_parts
from dittosim.files import check_writable, output_folder, write_json, write_whole
from dittosim.flows import FlowName, machine_flow
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
    output_option,
)
from dittosim.programs.products import mode_of_products
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from tb.harness.simulators import Simulator


class Place(StrEnum):
    """What runs the steps."""

    SIM = "sim"
    VERILOG = "verilog"


def timeline(
    workload: WorkloadArgument,
    output: Annotated[Path, output_option("DIR", "Folder for picture and trace.")],
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
    json: JsonOption = None,
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
    check_writable(json, force=force)
    machine_flow(flow)
    if on is Place.SIM and simulator is not None:
        raise DittosimError("--simulator is for --on verilog: leave it out")
    first, last = _range(step)
    load_config(config)
    run = Run.of(load_workload(workload), steps, seed=seed)
    run.check_step(last)
    if products:
        _check_products(flow, on, first, last)
    folder = output_folder(output, PICTURE, TRACE, force=force)
    found = watch(
        workload,
        config,
        flow,
        step=(first, last),
        steps=steps,
        seed=seed,
        on=on,
        simulator=simulator,
        products=products,
    )
    figure = found.plot(first_cycle, cycles)
    write_whole(folder / TRACE, found.trace_events())
    write_whole(folder / PICTURE, figure.png())
    print_parts(Line(f"{line}: {folder}/{PICTURE}, {TRACE}") for line in found.tables())
    write_json(json, found.summary())
    if found.difference:
        console.print(found.difference, style="red", soft_wrap=True)
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


def _check_products(flow: FlowName, on: Place, first: int, last: int) -> None:
    """DittosimError if products alone are asked for where they do not run."""
    mode_of_products(machine_flow(flow))
    if on is Place.VERILOG or first != last:
        raise DittosimError(ONE_STEP)
