"""``dittosim simulate``: cycles of a workload."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dittosim.console import console
from dittosim.cycles.layers import (
    cause_table,
    figures,
    layer_table,
    simulate_trace_with_progress,
    simulate_with_progress,
)
from dittosim.energy.cost import EnergyModel
from dittosim.energy.dram import Dram, default_dram
from dittosim.energy.table import EnergyTable, load_energies
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
from golden.accelerator.workload_layers import source_shapes
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from golden.workload.run import Run
from golden.workload.trace import Trace, is_trace, load_trace
from golden.workload.workload import load_workload
from sim.run.memory_timing import MemoryTiming
from sim.run.simulation import Simulation


class Scope(StrEnum):
    """What is timed."""

    STEPS = "steps"
    LAYERS = "layers"
    TILES = "tiles"


TIMED = {
    Scope.STEPS: "whole steps on the machine",
    Scope.LAYERS: "each layer alone, from memory to memory",
    Scope.TILES: "the tiles alone, without memory",
}
FLOWS = [FlowName.ORIGINAL, FlowName.TEMPORAL, FlowName.DEFO]
"""Of whole steps, if none is asked for"""


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
            metavar="T",
            help="Of whole steps: also the energy, by a table of dittosim energy; small45 is the "
            "one of small that comes with dittosim.",
        ),
    ] = None,
    clock: Annotated[
        float | None,
        typer.Option(
            metavar="NS",
            min=0.001,
            help="With --energy: clock, for leakage; the table's if absent.",
        ),
    ] = None,
    dram: Annotated[
        Dram | None,
        typer.Option(help="With --energy: memory outside the machine; lpddr4 if absent."),
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
    machine = load_config(config)
    traced = is_trace(Path(workload))
    chosen = scope or (Scope.TILES if traced else Scope.STEPS)
    _check_options(chosen, flow, mode, energy)
    if not energy and (clock or dram):
        raise DittosimError("--clock and --dram are of --energy: name its table, or leave them out")
    energies = _energies(energy, machine) if energy else None
    if traced:
        if scope is Scope.STEPS:
            raise DittosimError(
                f"--scope steps: {workload} is a trace, which has layers and no graph between "
                "them; choose --scope layers or tiles"
            )
        if scope is None and str(json) != "-":
            console.print(
                f"{workload} is a trace, layers without a graph between them: {TIMED[chosen]} "
                "(--scope layers: with memory)",
                soft_wrap=True,
            )
        _simulate_trace(workload, config, machine, chosen, mode, steps, images, seed, json)
        return
    source = load_workload(workload)
    run = Run.of(source, steps, images=images, seed=seed)
    if chosen is Scope.STEPS:
        model = None
        if energies:
            at = clock or energies.clock_ns
            model = EnergyModel(energies, machine, at, dram or default_dram(machine))
        _simulate_steps(run, config, machine, flow or FLOWS, model, json)
        return
    simulation = Simulation(machine, [mode] if mode else list(Mode))
    if chosen is Scope.LAYERS:
        simulation.timing = MemoryTiming(source_shapes(source))
    simulate_with_progress(source, simulation, run.steps, images, seed)
    of = f"{run.steps}"
    _show_layers(simulation, source.name, config, chosen, of, run.steps, images, seed, json)


def _energies(table: str, machine: MachineConfig) -> EnergyTable:
    """The table of a machine; DittosimError if it is of another, but for a scratchpad."""
    energies = load_energies(table)
    energies.check(machine.without_scratchpad)
    if not machine.scratchpad_bytes:
        return energies
    # Only here: others do without what knows of silicon.
    from dittosim.energy.scaling import scaled
    from dittosim.silicon.fitted import load_fitted
    from dittosim.silicon.memories import load_memories

    return scaled(energies, machine, load_fitted(), load_memories(None))


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


def _simulate_steps(
    run: Run,
    config: str,
    machine: MachineConfig,
    flows: list[FlowName],
    model: EnergyModel | None,
    json: Path | None,
) -> None:
    # Only here: layers on their own do without programs.
    from dittosim.cycles import steps as whole
    from dittosim.cycles.energy import energy_figures, energy_tables, term_sources

    programs = whole.programs_of(run, machine, list(dict.fromkeys(flows)))
    runs = whole.simulate_with_progress(run, programs, events=model is not None)
    if str(json) != "-":
        of = f"{run.images} images" if run.images > 1 else "one image"
        title = f"{run.workload.name} on {config}: {of} in {run.steps} steps"
        console.print(whole.total_table(title, runs))
        console.print(whole.node_table(run.workload, runs))
        console.print(whole.step_table(runs))
        if machine.dram:
            console.print(whole.dram_table(runs, machine.dram))
        for table in whole.share_tables(runs):
            console.print(table)
        for line in whole.loading_lines(programs):
            console.print(line, soft_wrap=True)
        if model:
            console.print(
                f"Energies of '{model.table.title}' at {model.clock_ns:.3f} ns, "
                f"{model.dram_pj_bit:g} pJ a bit of DRAM; no wires, no clock tree, no glitches."
            )
            for table in energy_tables(run.workload, runs, model):
                console.print(table)
            for line in term_sources(runs, model):
                console.print(line)
    figures_of = whole.figures(run, machine, runs, programs)
    write_json(json, {**figures_of, "energy": energy_figures(runs, model)} if model else figures_of)


def _simulate_trace(
    folder: str,
    config: str,
    machine: MachineConfig,
    scope: Scope,
    mode: Mode | None,
    steps: int | None,
    images: int,
    seed: int,
    json: Path | None,
) -> None:
    trace = _tensor_trace(Path(folder), steps, images, seed)
    d = trace.description
    simulation = Simulation(machine, [mode] if mode else list(Mode))
    if scope is Scope.LAYERS:
        simulation.timing = MemoryTiming({})
    steps = steps or d.steps
    of = f"the first {steps} of {d.steps}" if steps < d.steps else f"{steps}"
    simulate_trace_with_progress(trace, simulation, steps)
    _show_layers(simulation, trace.name, config, scope, of, steps, d.images, d.seed, json)


def _show_layers(
    simulation: Simulation,
    name: str,
    config: str,
    scope: Scope,
    of: str,
    steps: int,
    images: int,
    seed: int,
    json: Path | None,
) -> None:
    if str(json) != "-":
        title = f"{name} on {config}: cycles of {of} steps, {TIMED[scope]}"
        console.print(layer_table(simulation, title))
        console.print(cause_table(simulation))
    found: dict[str, Any] = figures(simulation, name, steps, images, seed)
    write_json(json, {"workload": name, "scope": scope.value, **found})


def _tensor_trace(folder: Path, steps: int | None, images: int, seed: int) -> Trace:
    """A trace that can be simulated as asked for; DittosimError if not."""
    trace = load_trace(folder)
    if trace.description.contents != "tensors":
        raise DittosimError(
            f"{folder} holds class counts only, and cycles need tensors: capture it again without "
            "--classes"
        )
    if steps and steps > trace.description.steps:
        raise DittosimError(
            f"--steps {steps}: {folder} holds {trace.description.steps} steps; ask for no more"
        )
    if (images, seed) != (1, 0):
        raise DittosimError(
            f"{folder} is a trace, whose images and seed are those of its capture: leave out "
            "--images and --seed"
        )
    return trace
