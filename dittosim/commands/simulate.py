"""``dittosim simulate``: cycles of a workload."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dittosim.console import console, progress, result_table
from dittosim.files import check_writable, write_json
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
from golden.machine.config import load_config
from golden.workload.trace import Trace, is_trace, load_trace
from golden.workload.workload import Workload, load_workload
from sim.run.layer import LayerCycles
from sim.run.memory_timing import MemoryTiming
from sim.run.simulation import Simulation, simulate_trace
from sim.run.simulation import simulate as run_simulation


def simulate_with_progress(
    workload: Workload, simulation: Simulation, steps: int | None, images: int, seed: int
) -> None:
    """Runs ``simulation`` on a workload under a progress bar."""
    steps = workload.steps(steps)
    with progress() as bar:
        task = bar.add_task(f"simulate {workload.name}", total=steps * len(workload.layers()))
        run_simulation(
            workload,
            simulation,
            steps=steps,
            images=images,
            seed=seed,
            progress=lambda _: bar.advance(task),
        )


def _simulate_trace_with_progress(trace: Trace, simulation: Simulation, steps: int) -> None:
    with progress() as bar:
        total = steps * len(trace.description.layers)
        task = bar.add_task(f"simulate {trace.name}", total=total)
        simulate_trace(trace, simulation, steps=steps, progress=lambda _: bar.advance(task))


def simulate(
    workload: Annotated[
        str, typer.Argument(help="Workload by name, or its folder, or that of a trace.")
    ],
    config: ConfigOption = "small",
    mode: Annotated[
        Mode | None, typer.Option(help="Simulate only this mode; all three if absent.")
    ] = None,
    steps: StepsOption = None,
    images: ImagesOption = 1,
    seed: SeedOption = 0,
    memory: Annotated[
        bool,
        typer.Option("--memory", help="The whole accelerator: loads and stores included."),
    ] = False,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Sample with the quantized model and count the cycles of every layer, step and mode.

    "over bound" is cycles over slots / lanes, what perfect balance would take; "gain" is over the
    same multipliers working on all 8-bit activations, zeros included. Example:

    `dittosim simulate digits-unet --config small --mode temporal --json cycles.json`

    With --memory each layer runs from memory to memory, cut into passes as is cheapest. Example:

    `dittosim simulate digits-unet --config small --steps 10 --memory`
    """
    check_writable(json, force=force)
    machine = load_config(config)
    simulation = Simulation(machine, [mode] if mode else list(Mode))
    if is_trace(Path(workload)):
        trace = _tensor_trace(Path(workload), steps, images, seed)
        name, d = trace.name, trace.description
        if memory:
            simulation.timing = MemoryTiming({})
        steps, images, seed = steps or d.steps, d.images, d.seed
        of = f"the first {steps} of {d.steps}" if steps < d.steps else f"{steps}"
        _simulate_trace_with_progress(trace, simulation, steps)
    else:
        model = load_workload(workload)
        if memory:
            simulation.timing = MemoryTiming(source_shapes(model))
        name, steps = model.name, model.steps(steps)
        of = f"{steps}"
        simulate_with_progress(model, simulation, steps, images, seed)
    if str(json) != "-":
        title = f"{name} on {config}: cycles of {of} steps"
        console.print(layer_table(simulation, title))
        console.print(cause_table(simulation))
    write_json(json, figures(simulation, name, steps, images, seed))


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


def layer_table(simulation: Simulation, title: str) -> Table:
    """Cycles, their ratio to the bound of slots over lanes, and the gain over dense work."""
    columns = [
        column
        for mode in simulation.modes
        for column in (f"{mode}\nMcycles", "over\nbound", "gain")
    ]
    table = result_table(title, "layer", *columns)
    if len(simulation.modes) > 1:
        table.padding = 0

    def cells(total: LayerCycles) -> tuple[str, str, str]:
        over, gain = total.cycles / total.bound, total.dense / total.cycles
        return f"{total.cycles / 1e6:,.3f}", f"{over:.2f}", f"{gain:.2f}"

    for layer in simulation.layers():
        values = (cells(simulation.layer_total(mode, layer)) for mode in simulation.modes)
        table.add_row(layer, *(cell for row in values for cell in row))
    table.add_section()
    totals = (cells(simulation.total(mode)) for mode in simulation.modes)
    table.add_row("all", *(cell for row in totals for cell in row))
    return table


def cause_table(simulation: Simulation) -> Table:
    """Where the cycles went, in percent."""
    totals = {mode: simulation.total(mode) for mode in simulation.modes}
    table = result_table("cycles by cause, %", "cause", *totals)
    causes = dict.fromkeys(cause for total in totals.values() for cause in total.causes)
    for cause in causes:
        shares = (100 * total.causes[cause] / total.cycles for total in totals.values())
        table.add_row(cause, *(f"{share:.1f}" for share in shares))
    return table


def figures(
    simulation: Simulation, name: str, steps: int, images: int, seed: int
) -> dict[str, Any]:
    """All of a simulation for --json."""

    def entry(total: LayerCycles) -> dict[str, Any]:
        return {
            "cycles": total.cycles,
            "bound": total.bound,
            "dense": total.dense,
            "causes": dict(total.causes),
        }

    return {
        "workload": name,
        "configuration": simulation.config.model_dump(mode="json"),
        "configuration_hash": simulation.config.digest(),
        "steps": steps,
        "images": images,
        "seed": seed,
        "modes": {
            mode.value: {
                "total": entry(simulation.total(mode)),
                "layers": {
                    layer: {
                        **entry(simulation.layer_total(mode, layer)),
                        "cycles_per_step": [
                            cycles.cycles
                            for (m, name, _), cycles in simulation.cycles.items()
                            if m is mode and name == layer
                        ],
                    }
                    for layer in simulation.layers()
                },
            }
            for mode in simulation.modes
        },
    }
