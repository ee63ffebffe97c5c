"""``dittosim simulate``: cycles of a workload."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dittosim.api.layers import TIMED, simulate_layers
from dittosim.api.simulation import FLOWS, NO_ENERGY
from dittosim.api.simulation import simulate as simulate_steps
from dittosim.console import console, print_parts
from dittosim.energy.dram import Dram
from dittosim.files import check_writable, write_json
from dittosim.flows import FlowName, machine_flow
from dittosim.options import (
    ConfigOption,
    ForceOption,
    ImagesOption,
    JsonOption,
    SeedOption,
    StepsOption,
)
from dittosim.results import Result
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.workload.trace import is_trace


class Scope(StrEnum):
    """What is timed."""

    STEPS = "steps"
    LAYERS = "layers"
    TILES = "tiles"


def simulate(
    workload: Annotated[
        str, typer.Argument(help="Workload by name, or its folder, or that of a trace.")
    ],
    config: ConfigOption = "small",
    scope: Annotated[
        Scope | None,
        typer.Option(
            help="What is timed: whole steps on the machine (of traces: the tiles); each layer "
            "alone, from memory to memory; or the tiles alone, without memory."
        ),
    ] = None,
    flow: Annotated[
        list[FlowName] | None,
        typer.Option(
            help="Of whole steps: execution flow; original, temporal and defo if absent. May be "
            "repeated."
        ),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(help="Of layers and tiles: simulate only this mode; all three if absent."),
    ] = None,
    steps: StepsOption = None,
    images: ImagesOption = 1,
    seed: SeedOption = 0,
    energy: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help="Of whole steps: also the energy, by a table of dittosim energy; small45 is the "
            "one of small that comes with dittosim.",
        ),
    ] = None,
    clock: Annotated[
        float | None,
        typer.Option(
            metavar="NS",
            min=0.001,
            help="With --energy: clock, for leakage; if absent that of the DRAM that the machine "
            "is on, or the table's.",
        ),
    ] = None,
    dram: Annotated[
        Dram | None,
        typer.Option(
            help="With --energy: memory outside the machine; if absent that which it is on, or "
            "lpddr4."
        ),
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Count the cycles of a sampling run: whole steps on the machine, or layers on their own.

    Whole steps are all that the machine does between two images: products, vector layers,
    descriptors, memory. Cycles and bytes are exact, those of the Verilog; "gain" is over the first
    flow, shares are percent of all cycles or bytes. Example:

    `dittosim simulate digits-unet --config small --flow original --flow defo --json cycles.json`

    With --scope layers each layer runs from memory to memory, cut into passes as is cheapest,
    nothing between them; with --scope tiles on the tiles alone, nothing moved. "over bound" is then
    cycles over slots / lanes, what perfect balance would take; "gain" is over the same multipliers
    working on all 8-bit activations, zeros included. Example:

    `dittosim simulate digits-unet --scope tiles --mode temporal`

    Traces hold layers and no graph between them: they have no whole steps.

    With --energy the same counts give energy by part, cause, node and step, and every term with
    where it comes from: measured, sourced or assumed. Example:

    `dittosim simulate digits-unet --energy small45 --dram hbm2`
    """
    check_writable(json, force=force)
    load_config(config)
    traced = is_trace(Path(workload))
    chosen = scope or (Scope.TILES if traced else Scope.STEPS)
    _check_options(chosen, flow, mode, energy)
    if not energy and (clock or dram):
        raise DittosimError(NO_ENERGY)
    if traced and scope is Scope.STEPS:
        raise DittosimError(
            f"--scope steps: {workload} is a trace, which has layers and no graph between "
            "them; choose --scope layers or tiles"
        )
    if traced and scope is None:
        console.print(
            f"{workload} is a trace, layers without a graph between them: {TIMED[chosen]} "
            "(--scope layers: with memory)",
            soft_wrap=True,
        )
    found: Result
    if chosen is Scope.STEPS:
        found = simulate_steps(
            workload,
            config,
            flow or FLOWS,
            steps=steps,
            images=images,
            seed=seed,
            energy=energy,
            clock_ns=clock,
            dram=dram,
        )
    else:
        found = simulate_layers(
            workload,
            config,
            [mode] if mode else list(Mode),
            memory=chosen is Scope.LAYERS,
            steps=steps,
            images=images,
            seed=seed,
        )
    print_parts(found.tables())
    write_json(json, found.to_dict())


def _check_options(
    scope: Scope, flow: list[FlowName] | None, mode: Mode | None, energy: str | None
) -> None:
    """DittosimError if an option is given that would do nothing."""
    if scope is not Scope.STEPS and energy:
        raise DittosimError(f"--energy is of whole steps: leave it out with --scope {scope}")
    if scope is Scope.STEPS and mode:
        raise DittosimError(
            f"--mode {mode} is of layers on their own: choose --flow for whole steps, or --scope "
            "layers or tiles"
        )
    if scope is not Scope.STEPS and flow:
        raise DittosimError(
            f"--flow {flow[0]} is of whole steps: choose --mode for --scope {scope}, or --scope "
            "steps"
        )
    for one in flow or []:
        machine_flow(one)
