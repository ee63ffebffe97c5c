"""Layers on their own, on tiles or from memory to memory: progress, tables and figures."""

from typing import Any

from rich.table import Table

from dittosim.console import progress, result_table
from golden.workload.trace import Trace
from golden.workload.workload import Workload
from sim.run.layer import LayerCycles
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


def simulate_trace_with_progress(trace: Trace, simulation: Simulation, steps: int) -> None:
    """The same on the first ``steps`` steps of a trace."""
    with progress() as bar:
        total = steps * len(trace.description.layers)
        task = bar.add_task(f"simulate {trace.name}", total=total)
        simulate_trace(trace, simulation, steps=steps, progress=lambda _: bar.advance(task))


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
