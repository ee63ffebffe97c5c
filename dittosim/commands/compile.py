"""``dittosim compile``: layers of a workload as descriptors and a memory image."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dittosim.console import console, progress, result_table
from dittosim.files import check_writable, output_folder, write_json, write_whole
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    SeedOption,
    StepOption,
    StepsOption,
)
from golden.accelerator.counters import CAUSES
from golden.accelerator.program import Program
from golden.accelerator.workload_layers import NamedRun, workload_layers
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.scheduler.accelerator import LayerTimeline, queue_timeline
from sim.scheduler.planning import planned

IMAGE_FILE, LISTING_FILE = "memory.bin", "program.json"


def compile_workload(
    workload: Annotated[str, typer.Argument(help="Workload by name, or its folder.")],
    config: ConfigOption = "small",
    mode: Annotated[Mode, typer.Option(help="Mode of all layers.")] = Mode.TEMPORAL,
    step: StepOption = 1,
    steps: StepsOption = None,
    seed: SeedOption = 0,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print how each layer is cut, and what it costs.")
    ] = False,
    interrupt_each_layer: Annotated[
        bool,
        typer.Option(
            "--interrupt-each-layer",
            help="Raise the interrupt at the end of each layer, not only of the queue.",
        ),
    ] = False,
    timeline: Annotated[
        Path | None,
        typer.Option(help="Picture (PNG) of loads, passes and stores, cycle by cycle."),
    ] = None,
    first_cycle: Annotated[
        int, typer.Option(min=0, help="Where the timeline begins, from the queue's start on.")
    ] = 0,
    cycles: Annotated[int, typer.Option(min=1, help="Cycles that the timeline shows.")] = 6000,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for memory image and listing.")
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Lower the layers of a workload to descriptors, with all tensors in one memory image.

    Tensors are those of one denoising step of a sampling run, of as many steps as is usual for the
    workload or as --steps says. Each layer is cut in the way that the simulator finds cheapest on
    them. The queue of descriptors begins at address 0. "cut" is blocks of rows x chunks of k x
    groups of channels, "busy" the share of cycles in which passes run. Examples:

    `dittosim compile digits-unet --config small --explain`

    `dittosim compile digits-dit --mode act -o program`

    `dittosim compile digits-unet --timeline layers.png --first-cycle 244000 --cycles 10000`
    """
    check_writable(json, force=force)
    check_writable(timeline, force=force)
    machine = load_config(config)
    model = load_workload(workload)
    run = Run.of(model, steps, seed=seed)
    run.check_step(step)
    folder = output_folder(output, IMAGE_FILE, LISTING_FILE, force=force) if output else None
    with progress() as bar:
        task = bar.add_task(f"compile {model.name}", total=len(model.layers()))
        layers = workload_layers(
            run, machine, [mode], planned, step=step, progress=lambda _: bar.advance(task)
        )
    if interrupt_each_layer:
        layers = [replace(named, run=replace(named.run, interrupt=True)) for named in layers]
    program = Program.of([named.run for named in layers])
    lines, _ = queue_timeline(program)
    listing = {
        "workload": model.name,
        "steps": run.steps,
        "step": step,
        "seed": seed,
        **_listing(machine, layers, program, lines),
    }
    if folder:
        write_whole(folder / IMAGE_FILE, program.memory().tobytes())
        write_json(folder / LISTING_FILE, listing)
        console.print(
            f"{folder / IMAGE_FILE}  {program.size:,} bytes, {len(layers)} descriptors, "
            f"{run.describe_step(step)}",
            soft_wrap=True,
        )
    if timeline:
        if first_cycle >= lines[-1].ended:
            raise DittosimError(
                f"--first-cycle {first_cycle:,}: the queue ends in cycle {lines[-1].ended:,}"
            )
        from dittosim.timeline import plot_timeline

        plot_timeline([named.name for named in layers], lines, first_cycle, cycles, timeline)
        console.print(f"{timeline}  {run.describe_step(step)}", soft_wrap=True)
    if explain or not (folder or json or timeline):
        title = f"{model.name} in {mode} on {config}, {run.describe_step(step)}"
        console.print(_table(title, layers, lines))
    write_json(json, listing)


def _table(title: str, runs: list[NamedRun], lines: list[LayerTimeline]) -> Table:
    columns = ("rows", "k", "chan-\nnels", "cut", "outer\nloop", "kcycles", "busy\n%", "MB")
    table = result_table(title, "layer", *columns)
    table.padding = 0
    for named, line in zip(runs, lines, strict=True):
        plan, counters = named.run.plan, line.counters
        moved = sum(value for name, value in vars(counters).items() if name.startswith("bytes"))
        table.add_row(
            named.name,
            f"{plan.shape.rows:,}",
            f"{plan.shape.k:,}",
            f"{plan.shape.columns:,}",
            f"{plan.row_blocks}x{plan.chunks}x{plan.groups}",
            "rows" if plan.rows_outer else "groups",
            f"{counters.cycles / 1e3:,.1f}",
            f"{100 * counters.cycles_compute / counters.cycles:.0f}",
            f"{moved / 1e6:.2f}",
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
        "memory_bytes": program.size,
        "layers": [
            {
                "layer": named.layer,
                "head": named.head,
                "product": named.number,
                "mode": named.run.mode.value,
                "shape": asdict(named.run.plan.shape),
                "lines_per_tile": named.run.plan.lines,
                "chunk_beats": named.run.plan.chunk_beats,
                "row_blocks": named.run.plan.row_blocks,
                "chunks": named.run.plan.chunks,
                "groups": named.run.plan.groups,
                "rows_outer": named.run.plan.rows_outer,
                "interrupt": named.run.interrupt,
                "addresses": vars(places),
                "cycles": line.counters.cycles,
                "layer_cycles": line.cycles,
                "causes": {c: getattr(line.counters, f"cycles_{c}") for c in CAUSES},
                "bytes": {
                    key.removeprefix("bytes_"): value
                    for key, value in vars(line.counters).items()
                    if key.startswith("bytes_")
                },
            }
            for named, places, line in zip(runs, program.addresses, lines, strict=True)
        ],
    }
