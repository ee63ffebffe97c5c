"""The products of one step alone, their operands taken from the integer model."""

from dataclasses import asdict, replace
from typing import Any

from rich.table import Table

from dittosim.console import progress, result_table
from dittosim.programs.compiled import Compiled
from dittosim.programs.cost import moved_bytes
from golden.accelerator.counters import CAUSES, KINDS
from golden.accelerator.plan import Plan
from golden.accelerator.program import Program
from golden.accelerator.workload_layers import NamedRun, workload_layers
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.program import ProgramFlow
from golden.workload.run import Run
from sim.scheduler.accelerator import LayerTimeline, queue_timeline
from sim.scheduler.planning import planned


def compile_products(
    run: Run,
    config: MachineConfig,
    flow: ProgramFlow,
    step: int,
    title: str,
    *,
    interrupts: bool,
) -> Compiled:
    """Every product of ``step``, planned on its operands, all of which are in the memory image.

    DittosimError in a flow in which the machine chooses.
    """
    mode = mode_of_products(flow)
    layers = planned_products(run, config, mode, step)
    if interrupts:
        layers = [replace(named, run=replace(named.run, interrupt=True)) for named in layers]
    program = Program.of([named.run for named in layers])
    lines, _ = queue_timeline(program)
    return Compiled(
        program.memory()[config.scratchpad_bytes :].tobytes(),
        len(layers),
        _listing(config, layers, program, lines),
        [_table(title, layers, lines)],
    )


def mode_of_products(flow: ProgramFlow) -> Mode:
    """The mode of products alone; DittosimError if it differs between layers."""
    if not isinstance(flow, Mode):
        raise DittosimError(
            f"--products: in flow {flow.value} modes differ between layers of whole steps; choose "
            "original, temporal or spatial"
        )
    return flow


def planned_products(run: Run, config: MachineConfig, mode: Mode, step: int) -> list[NamedRun]:
    """Every product of ``step`` on its operands, cut as is cheapest."""
    with progress() as bar:
        task = bar.add_task(f"compile {run.workload.name}", total=len(run.workload.layers()))
        return workload_layers(
            run, config, [mode], planned, step=step, progress=lambda _: bar.advance(task)
        )


def plan_listing(plan: Plan) -> dict[str, Any]:
    """Shape and cuts of a product."""
    return {
        "shape": asdict(plan.shape),
        "lines_per_tile": plan.lines,
        "chunk_beats": plan.chunk_beats,
        "row_blocks": plan.row_blocks,
        "chunks": plan.chunks,
        "groups": plan.groups,
        "rows_outer": plan.rows_outer,
    }


def cost_listing(line: LayerTimeline) -> dict[str, Any]:
    """Cycles by cause, and bytes by what they are."""
    counters = line.counters
    return {
        "cycles": counters.cycles,
        "layer_cycles": line.cycles,
        "causes": {cause: getattr(counters, f"cycles_{cause}") for cause in CAUSES},
        "bytes": {kind: counters.memory_bytes(kind) for kind in KINDS},
        "scratchpad_bytes": {kind: counters.scratchpad_bytes(kind) for kind in KINDS},
    }


def _table(title: str, runs: list[NamedRun], lines: list[LayerTimeline]) -> Table:
    columns = ("rows", "k", "chan-\nnels", "cut", "outer\nloop", "kcycles", "busy\n%", "MB")
    table = result_table(title, "layer", *columns)
    table.padding = 0
    for named, line in zip(runs, lines, strict=True):
        plan, counters = named.run.plan, line.counters
        table.add_row(
            named.name,
            f"{plan.shape.rows:,}",
            f"{plan.shape.k:,}",
            f"{plan.shape.columns:,}",
            f"{plan.row_blocks}x{plan.chunks}x{plan.groups}",
            "rows" if plan.rows_outer else "groups",
            f"{counters.cycles / 1e3:,.1f}",
            f"{100 * counters.cycles_compute / counters.cycles:.0f}",
            f"{moved_bytes(counters) / 1e6:.2f}",
        )
    table.add_section()
    cycles = sum(line.counters.cycles for line in lines)
    compute = sum(line.counters.cycles_compute for line in lines)
    blank = [""] * 5
    table.add_row("all", *blank, f"{cycles / 1e3:,.1f}", f"{100 * compute / cycles:.0f}", "")
    return table


def _listing(
    config: MachineConfig,
    runs: list[NamedRun],
    program: Program,
    lines: list[LayerTimeline],
) -> dict[str, Any]:
    """All that the descriptors say, and when the simulator has them done."""
    return {
        "configuration": config.model_dump(mode="json"),
        "configuration_hash": config.digest(),
        "queue_base": program.queue,
        "queue_count": len(runs),
        "memory_base": config.scratchpad_bytes,
        "memory_bytes": program.size - config.scratchpad_bytes,
        "layers": [
            {
                "layer": named.layer,
                "head": named.head,
                "product": named.number,
                "mode": named.run.mode.value,
                **plan_listing(named.run.plan),
                "interrupt": named.run.interrupt,
                "addresses": vars(places),
                **cost_listing(line),
            }
            for named, places, line in zip(runs, program.addresses, lines, strict=True)
        ],
    }
