"""``dittosim designs``: accelerators side by side at equal area."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.designs.comparison import Figures, Job, compared
from dittosim.designs.design import Design
from dittosim.designs.equal_area import Sized, fitted_machine
from dittosim.designs.layer_sizes import layer_sizes
from dittosim.designs.options import BudgetOption, DesignsOption, load_base, load_designs
from dittosim.energy.dram import DEFAULT_DRAM, Dram
from dittosim.files import check_writable, output_folder, whole_file, write_json
from dittosim.options import (
    ConfigOption,
    ForceOption,
    ImagesOption,
    JsonOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
)
from dittosim.parallel import in_parallel
from dittosim.silicon.fitted import load_fitted
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.workload.run import Run
from golden.workload.workload import load_workload

RESULTS, PLOT = "results.parquet", "designs.png"


def designs(
    workload: WorkloadArgument,
    config: ConfigOption = "small",
    design: DesignsOption = None,
    budget: BudgetOption = None,
    bandwidth: Annotated[
        list[float] | None,
        typer.Option(
            metavar="B",
            help="Bytes that memory moves a cycle, in each direction; the configuration's if "
            "absent. May be given several times.",
        ),
    ] = None,
    steps: StepsOption = None,
    images: ImagesOption = 1,
    seed: SeedOption = 0,
    dram: Annotated[Dram, typer.Option(help="Energy of memory outside.")] = DEFAULT_DRAM,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Runs at once; all cores if absent.")
    ] = os.cpu_count() or 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help=f"Also write {RESULTS} and {PLOT} to this folder."
        ),
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Run designs side by side: cycles, bytes, energy and area of each, at equal area.

    All work on the same memory and the same workload, in whole steps. A design is a kind of tiles
    and a flow; lanes, columns and tiles are those in which the tiles take fewest cycles for the
    workload's layers, as far as the area holds them. Gains are over the first design; below stands
    what figures rest on. Example:

    `dittosim designs digits-unet --bandwidth 2 --bandwidth 4 --bandwidth 16 -o designs`
    """
    base, chosen = load_base(config, budget), load_designs(design)
    check_writable(json, force=force)
    intervals = [
        _interval(one, base) for one in bandwidth or [base.bus_bytes / base.memory_interval]
    ]
    run = Run.of(load_workload(workload), steps, images=images, seed=seed)
    area = budget * 1e6 if budget else load_fitted().tile_um2(base)
    sized = _sized(chosen, base, area, run)
    if output:
        output_folder(output, RESULTS, PLOT, force=force)
    found = _run(sized, intervals, workload, run, dram, jobs)
    count = "one image" if images == 1 else f"{images} images"
    title = f"{run.workload.name}: {count} in {run.steps} steps"
    if str(json) != "-":
        _show(found, area, f"{title}, designs in the place of {config}")
    rows = [one.row() for one in found]
    write_json(
        json,
        {
            "workload": run.workload.name,
            "steps": run.steps,
            "images": images,
            "seed": seed,
            "dram": dram.value,
            "designs": [one.model_dump(mode="json") for one in chosen],
            "figures": rows,
        },
    )
    if output:
        _write(found, rows, title, output)
        if str(json) != "-":
            console.print(f"{output / RESULTS}, {output / PLOT}", soft_wrap=True)


def _interval(bandwidth: float, base: MachineConfig) -> int:
    """Cycles of a bus word; DittosimError if they are no whole number."""
    most = type(base).model_fields["memory_interval"]
    limit = next(each.le for each in most.metadata if hasattr(each, "le"))
    interval = round(base.bus_bytes / bandwidth) if bandwidth > 0 else 0
    if not 1 <= interval <= limit or interval * bandwidth != base.bus_bytes:
        examples = ", ".join(f"{base.bus_bytes / n:g}" for n in (1, 2, 4, 8))
        raise DittosimError(
            f"--bandwidth {bandwidth:g}: memory moves a bus word of {base.bus_bytes} bytes in 1 to "
            f"{limit} cycles: {examples} ... bytes a cycle; for more take a wider bus"
        )
    return interval


def _sized(
    designs: Sequence[Design], base: MachineConfig, area: float, run: Run
) -> list[tuple[Design, Sized]]:
    """Each with its machine; those of one kind have the same."""
    silicon, layers = load_fitted(), list(layer_sizes(run.workload))
    kinds: dict[str, Sized] = {}
    found = []
    for one in designs:
        kind = repr((sorted(one.machine.items()), one.multiplier_bits))
        if kind not in kinds:
            kinds[kind] = fitted_machine(one, base, area, layers, silicon)
        found.append((one, kinds[kind]))
    return found


def _run(
    sized: Sequence[tuple[Design, Sized]],
    intervals: Sequence[int],
    workload: str,
    run: Run,
    dram: Dram,
    jobs: int,
) -> list[Figures]:
    """In the order of bandwidths, then designs."""
    parts = max(1, min(len(sized), -(-jobs // len(intervals))))
    cuts = [sized[n::parts] for n in range(parts)]
    tasks = [
        (Job(workload, cut, interval, run.steps, run.images, run.seed, dram),)
        for interval in intervals
        for cut in cuts
    ]
    found: list[Figures] = []
    with progress() as bar:
        task = bar.add_task("designs", total=len(tasks))
        for each in in_parallel(jobs, compared, tasks, ordered=True):
            found += each
            bar.advance(task)
    order = {design.name: number for number, (design, _) in enumerate(sized)}
    return sorted(found, key=lambda one: (-one.bandwidth, order[one.design.name]))


def _show(found: list[Figures], area: float, title: str) -> None:
    # Only here: workers do without.
    from dittosim.designs import tables

    console.print(title)
    console.print(tables.size_table(found, area))
    widths = tables.bandwidths(found)
    for width in widths:
        console.print(tables.run_table(found, width))
    for table in tables.share_tables(found, widths[0]):
        console.print(table)
    if len(widths) > 1:
        for table in tables.bandwidth_tables(found):
            console.print(table)
    for line in tables.notes(found):
        console.print(line, soft_wrap=True)


def _write(found: list[Figures], rows: list[dict[str, object]], title: str, output: Path) -> None:
    import pandas as pd

    from dittosim.designs.picture import plot_designs

    with whole_file(output / RESULTS) as part:
        pd.DataFrame(rows).to_parquet(part)
    plot_designs(found, title, output / PLOT)
