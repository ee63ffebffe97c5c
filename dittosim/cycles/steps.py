"""Whole steps on the machine: progress, tables and figures of its flows side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from dittosim.console import progress, result_table
from dittosim.flows import FlowName, machine_flow
from dittosim.programs.cost import loading_figures, loading_line, moved_bytes, near_bytes
from dittosim.programs.steps import planned_program
from golden.accelerator.counters import CAUSES, KINDS, Counters
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig
from golden.step.program import StepProgram
from golden.wording import number_of
from golden.workload.run import Run
from golden.workload.workload import Workload
from sim.run.whole_run import WholeRun, whole_runs

Runs = Mapping[FlowName, WholeRun]
"""By flow, in the order asked for"""


def programs_of(
    run: Run, config: MachineConfig, flows: Sequence[FlowName]
) -> dict[FlowName, StepProgram]:
    """A program for each flow, cut as is cheapest in the run's second step.

    DittosimError says what the machine lacks, and what it can be asked instead.
    """
    try:
        return {
            flow: planned_program(
                run.workload, config, machine_flow(flow), steps=run.steps, seed=run.seed
            )
            for flow in flows
        }
    except DittosimError as error:
        raise DittosimError(
            f"{error}; --scope layers and --scope tiles time layers on their own"
        ) from error


def simulate_with_progress(
    run: Run, programs: Mapping[FlowName, StepProgram], *, events: bool = False
) -> dict[FlowName, WholeRun]:
    """Every flow's run under a progress bar; ``events`` as :func:`whole_runs` takes them."""
    with progress() as bar:
        task = bar.add_task(f"simulate {run.workload.name}", total=run.images * run.steps)
        return whole_runs(
            programs,
            run.workload,
            steps=run.steps,
            images=run.images,
            seed=run.seed,
            events=events,
            progress=lambda: bar.advance(task),
        )


def total_table(title: str, runs: Runs) -> Table:
    """What whole runs cost, and how many times as fast they are as the first."""
    columns = ["million\ncycles", "kcycles\na step", "vector\nlayers, %", "MB\na step"]
    near = any(near_bytes(run.total) for run in runs.values())
    if near:
        columns.append("on chip,\nMB a step")
    table = result_table(title, "flow", *columns, "gain")
    first = next(iter(runs.values())).total.cycles
    for flow, run in runs.items():
        total, steps = run.total, len(run.steps)
        table.add_row(
            flow,
            f"{total.cycles / 1e6:,.3f}",
            f"{total.cycles / steps / 1e3:,.1f}",
            f"{100 * total.cycles_vector / total.cycles:.1f}",
            f"{moved_bytes(total) / steps / 1e6:,.2f}",
            *([f"{near_bytes(total) / steps / 1e6:,.2f}"] if near else []),
            f"{first / total.cycles:.2f}",
        )
    return table


def node_table(workload: Workload, runs: Runs) -> Table:
    """Nodes of the graph over all steps: cycles, and their share in percent."""
    columns = [column for flow in runs for column in (f"{flow}\nkcycles", "%")]
    table = result_table("by node, all steps", "node", *columns)
    known = {name for run in runs.values() for name in run.names()}

    def add(name: str, counters: Sequence[Counters]) -> None:
        totals = (run.total.cycles for run in runs.values())
        cells = [
            (f"{one.cycles / 1e3:,.1f}", f"{100 * one.cycles / total:.1f}")
            for one, total in zip(counters, totals, strict=True)
        ]
        table.add_row(name, *(cell for pair in cells for cell in pair))

    for node in workload.description.graph.nodes:
        if node.name in known:
            add(node.name, [run.node(node.name) for run in runs.values()])
    table.add_section()
    add("all", [run.total for run in runs.values()])
    return table


def step_table(runs: Runs) -> Table:
    """Cycles and bytes of each step."""
    columns = [column for flow in runs for column in (f"{flow}\nkcycles", "MB")]
    table = result_table("by step", "step", *columns)
    for number, each in enumerate(zip(*(run.steps for run in runs.values()), strict=True)):
        cells = [(f"{one.cycles / 1e3:,.1f}", f"{moved_bytes(one) / 1e6:.2f}") for one in each]
        table.add_row(str(number), *(cell for pair in cells for cell in pair))
    return table


def share_tables(runs: Runs) -> list[Table]:
    """Cycles by cause and bytes by kind, in percent."""
    totals = {flow: run.total for flow, run in runs.items()}
    causes = result_table("cycles by cause, %", "cause", *totals)
    for cause in CAUSES:
        shares = (100 * getattr(one, f"cycles_{cause}") / one.cycles for one in totals.values())
        causes.add_row(cause, *(f"{share:.1f}" for share in shares))
    kinds = result_table("bytes by kind, %", "kind", *totals)
    for kind in KINDS:
        shares = (100 * one.memory_bytes(kind) / moved_bytes(one) for one in totals.values())
        kinds.add_row(kind.replace("_", " "), *(f"{share:.1f}" for share in shares))
    tables = [causes, kinds]
    if any(map(near_bytes, totals.values())):
        tables.append(_places_table(runs))
    return tables


def dram_table(runs: Runs, dram: DramConfig) -> Table:
    """What DRAM did, of machines on one."""
    columns = ("million\naccesses", "row\nhits, %", "refreshes\na channel", "of peak, %")
    channels = number_of(dram.channels, "channel")
    title = f"{dram.standard}, {channels}, {dram.peak:.1f} bytes a cycle at most"
    table = result_table(title, "flow", *columns)
    for flow, run in runs.items():
        assert run.dram
        table.add_row(
            flow,
            f"{run.dram.accesses / 1e6:,.3f}",
            f"{100 * run.dram.row_hits:.1f}",
            f"{run.dram.refreshes:,}",
            f"{100 * run.dram.of_peak(dram, run.total.cycles):.1f}",
        )
    return table


def _places_table(runs: Runs) -> Table:
    """MB of each kind in memory and in the scratchpad."""
    columns = [column for flow in runs for column in (f"{flow}\nmemory", "on chip")]
    table = result_table("MB a step by kind", "kind", *columns)
    for kind in KINDS:
        cells = []
        for run in runs.values():
            per_step = 1e-6 / len(run.steps)
            cells += [
                f"{run.total.memory_bytes(kind) * per_step:.3f}",
                f"{run.total.scratchpad_bytes(kind) * per_step:.3f}",
            ]
        table.add_row(kind.replace("_", " "), *cells)
    return table


def loading_lines(programs: Mapping[FlowName, StepProgram]) -> list[str]:
    """What it costs to fill the scratchpad, flow by flow, where something does."""
    found = {flow: loading_figures(program) for flow, program in programs.items()}
    return [f"{flow}: {loading_line(one)}" for flow, one in found.items() if one]


def figures(
    run: Run, config: MachineConfig, runs: Runs, programs: Mapping[FlowName, StepProgram]
) -> dict[str, Any]:
    """All of them for --json."""
    return {
        "workload": run.workload.name,
        "scope": "steps",
        "configuration": config.model_dump(mode="json"),
        "configuration_hash": config.digest(),
        "steps": run.steps,
        "images": run.images,
        "seed": run.seed,
        "flows": {
            flow.value: {
                "total": _entry(found.total),
                "loading": loading_figures(programs[flow]),
                "cycles_per_step": [one.cycles for one in found.steps],
                "bytes_per_step": [moved_bytes(one) for one in found.steps],
                **({"dram": asdict(found.dram)} if found.dram else {}),
                "scratchpad_bytes_per_step": [near_bytes(one) for one in found.steps],
                "nodes": {
                    name: {
                        **_entry(found.node(name)),
                        "cycles_per_step": [
                            found.node(name, step).cycles for step in range(run.steps)
                        ],
                        **_chosen(found, name),
                    }
                    for name in found.names()
                },
            }
            for flow, found in runs.items()
        },
    }


def _entry(counters: Counters) -> dict[str, Any]:
    return {
        "cycles": counters.cycles,
        "causes": {cause: getattr(counters, f"cycles_{cause}") for cause in CAUSES},
        "bytes": {kind: counters.memory_bytes(kind) for kind in KINDS},
        "scratchpad_bytes": {kind: counters.scratchpad_bytes(kind) for kind in KINDS},
    }


def _chosen(run: WholeRun, name: str) -> dict[str, Any]:
    """The modes in which the machine ran a node, step by step, where it chose."""
    modes = [modes[name].value for modes in run.modes if name in modes]
    return {"modes": modes} if modes else {}
