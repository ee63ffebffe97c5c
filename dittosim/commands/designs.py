"""``dittosim designs``: accelerators side by side at equal area."""

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.designs.comparison import Figures, Job, compared
from dittosim.designs.design import Design
from dittosim.designs.equal_area import Sized, fitted_machine
from dittosim.designs.layer_sizes import layer_sizes
from dittosim.designs.memory import Memory, memories
from dittosim.designs.options import BudgetOption, DesignsOption, load_base, load_designs
from dittosim.energy.dram import Dram
from dittosim.energy.dram_figures import dram_energy
from dittosim.files import check_writable, output_folder, say_written, whole_file, write_json
from dittosim.options import (
    ConfigOption,
    ForceOption,
    ImagesOption,
    JsonOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
    all_cores,
    output_option,
)
from dittosim.origin import origin
from dittosim.parallel import in_parallel
from dittosim.silicon.fitted import load_fitted
from golden.machine.config import MachineConfig
from golden.machine.dram import Standard
from golden.wording import number_of
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
            "absent. May be repeated.",
        ),
    ] = None,
    standard: Annotated[
        list[Standard] | None,
        typer.Option(
            help="DRAM on which all stand, with the channels and the clock of the configuration's, "
            "if it has one. May be repeated.",
        ),
    ] = None,
    steps: StepsOption = None,
    images: ImagesOption = 1,
    seed: SeedOption = 0,
    dram: Annotated[
        Dram | None,
        typer.Option(help="Memory outside the machine, for its energy; its own if absent."),
    ] = None,
    jobs: Annotated[int, all_cores("Runs")] = os.cpu_count() or 1,
    output: Annotated[
        Path | None,
        output_option("DIR", f"Also write {RESULTS} and {PLOT} to this folder."),
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Run designs side by side: cycles, bytes, energy and area of each, at equal area.

    All work on the same memory and the same workload, in whole steps. A design is a kind of tiles
    and a flow; lanes, columns and tiles are those in which the tiles take fewest cycles for the
    workload's layers, as far as the area holds them. Gains are over the first design; below stands
    what figures rest on, and whose area is smaller. Example:

    `dittosim designs digits-unet --budget 0.099 --bandwidth 4 --bandwidth 16 -o designs`

    `dittosim designs digits-unet --budget 0.099 --standard ddr4-2400 --standard hbm2`
    """
    base, chosen = load_base(config, budget), load_designs(design)
    check_writable(json, force=force)
    places = memories(base, bandwidth, standard)
    for memory in places:
        dram_energy(memory.of(base), dram)
    run = Run.of(load_workload(workload), steps, images=images, seed=seed)
    area = budget * 1e6 if budget else load_fitted().tile_um2(base)
    sized = _sized(chosen, base, area, run)
    if output:
        output_folder(output, RESULTS, PLOT, force=force)
    found = _run(sized, places, workload, run, dram, jobs)
    count = "one image" if images == 1 else f"{images} images"
    title = f"{run.workload.name}: {count} in {number_of(run.steps, 'step')}"
    _show(found, area, f"{title}, designs in the place of {config}")
    rows = [one.row() for one in found]
    write_json(
        json,
        {
            "workload": run.workload.name,
            "steps": run.steps,
            "images": images,
            "seed": seed,
            "designs": [one.model_dump(mode="json") for one in chosen],
            "figures": rows,
        },
    )
    if output:
        of = {"workload": run.workload.name, "steps": run.steps, "images": images, "seed": seed}
        _write(found, [of | row for row in rows], title, output)
        say_written(output / RESULTS, output / PLOT)


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
    places: Sequence[Memory],
    workload: str,
    run: Run,
    dram: Dram | None,
    jobs: int,
) -> list[Figures]:
    """In the order of memories, then designs."""
    parts = max(1, min(len(sized), -(-jobs // len(places))))
    cuts = [sized[n::parts] for n in range(parts)]
    tasks = [
        (Job(workload, cut, memory, run.steps, run.images, run.seed, dram),)
        for memory in places
        for cut in cuts
    ]
    found: list[Figures] = []
    with progress() as bar:
        task = bar.add_task("designs", total=len(tasks))
        for each in in_parallel(jobs, compared, tasks, ordered=True):
            found += each
            bar.advance(task)
    order = {design.name: number for number, (design, _) in enumerate(sized)}
    return sorted(found, key=lambda one: (-one.memory.bandwidth, order[one.design.name]))


def _show(found: list[Figures], area: float, title: str) -> None:
    # Only here: workers do without.
    from dittosim.designs import tables

    console.print(title)
    console.print(tables.size_table(found, area))
    places = tables.memories(found)
    for memory in places:
        console.print(tables.run_table(found, memory))
    for table in tables.share_tables(found, places[0]):
        console.print(table)
    if len(places) > 1:
        for table in tables.memory_tables(found):
            console.print(table)
    for line in tables.notes(found):
        console.print(line, soft_wrap=True)


def _write(found: list[Figures], rows: list[dict[str, object]], title: str, output: Path) -> None:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from dittosim.designs.picture import plot_designs

    table = pa.Table.from_pandas(pd.DataFrame(rows))
    metadata = table.schema.metadata | origin({"dittosim": version("dittosim")})
    with whole_file(output / RESULTS) as part:
        pq.write_table(table.replace_schema_metadata(metadata), part)
    plot_designs(found, title, output / PLOT)
