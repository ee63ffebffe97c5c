"""``dittosim shape``: machines of designs, chosen over the layer tables of the papers' models."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from dittosim.console import console, progress
from dittosim.designs.design import Design, design_text
from dittosim.designs.equal_area import LANES
from dittosim.designs.options import BudgetOption, DesignsOption, load_base, load_designs
from dittosim.designs.utilization import tables
from dittosim.designs.utilization.model_products import alike
from dittosim.designs.utilization.search import Choice, choice, searched
from dittosim.files import check_writable, output_folder, say_written, write_json, write_whole
from dittosim.options import ConfigOption, ForceOption, JsonOption, all_cores, output_option
from dittosim.parallel import in_parallel
from dittosim.silicon.fitted import load_fitted
from golden.errors import DittosimError
from golden.machine.config import MachineConfig


def shape(
    config: ConfigOption = "paper",
    design: DesignsOption = None,
    budget: BudgetOption = None,
    lanes: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            help=f"Multipliers of a PE: {', '.join(map(str, LANES))} are tried if absent. May be "
            "repeated.",
        ),
    ] = None,
    busy: Annotated[
        float,
        typer.Option(
            metavar="PERCENT",
            min=0.0,
            max=100.0,
            help="Also the largest machine of which every model keeps so many multipliers busy.",
        ),
    ] = 85.0,
    jobs: Annotated[int, all_cores("Designs")] = os.cpu_count() or 1,
    output: Annotated[
        Path | None,
        output_option("DIR", "Also write each design's file to this folder."),
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Choose each design's grid and buffers over the layer tables of the papers' seven models.

    Within the area the machine is taken whose multipliers do most a cycle on the model on which
    they do least, and then buffers that take no more area than those of the configuration. The
    tables say how busy it is, why not more, and how long it waits for memory. The files that -o
    leaves are designs for dittosim designs --design. Example:

    `dittosim shape -c paper --design itc --design ditto`
    """
    base, chosen = load_base(config, budget), load_designs(design)
    if base.dram:
        raise DittosimError(
            f"{config}: shapes are chosen over layer tables, whose waits for memory are those of a "
            "fixed rate; leave dram out (dittosim designs runs the designs that come of it on DRAM)"
        )
    if wrong := [one.name for one in chosen if Path(one.name).name != one.name]:
        raise DittosimError(f"design '{wrong[0]}': its name is that of no file; use another")
    check_writable(json, force=force)
    if output:
        output_folder(output, *(f"{one.name}.toml" for one in chosen), force=force)
    area = budget * 1e6 if budget else load_fitted().tile_um2(base)
    tried = tuple(dict.fromkeys(lanes or LANES))
    found = _found(chosen, (base, area, busy / 100, tried), jobs)
    before = [choice(one, one.config(base)) for one in chosen]
    _show(found, before, base, area, busy)
    write_json(
        json,
        {
            "configuration": base.model_dump(mode="json"),
            "budget_um2": area,
            "designs": [
                {
                    **_figures(best),
                    "as_it_was": _figures(was),
                    "busy": largest and _figures(largest),
                }
                for (best, largest), was in zip(found, before, strict=True)
            ],
        },
    )
    if output:
        for best, _ in found:
            path = output / f"{best.design.name}.toml"
            write_whole(path, design_text(best.design, best.machine, base))
            say_written(path)


def _found(
    designs: Sequence[Design], where: tuple[object, ...], jobs: int
) -> list[tuple[Choice, Choice | None]]:
    """What is found for each; those whose products and tiles are the same have the same."""
    kinds = {alike(one): one for one in reversed(designs)}
    results: dict[str, tuple[Choice, Choice | None]] = {}
    with progress() as bar:
        task = bar.add_task("kinds of designs", total=len(kinds))
        tasks = [(one, *where) for one in kinds.values()]
        for kind, each in zip(kinds, in_parallel(jobs, searched, tasks, ordered=True), strict=True):
            results[kind] = each
            bar.advance(task)
    found = []
    for one in designs:
        best, largest = results[alike(one)]
        found.append((replace(best, design=one), largest and replace(largest, design=one)))
    return found


def _show(
    found: Sequence[tuple[Choice, Choice | None]],
    before: Sequence[Choice],
    base: MachineConfig,
    area: float,
    percent: float,
) -> None:
    best = [each for each, _ in found]
    bandwidth = base.bus_bytes / base.memory_interval
    shown = [*tables.machine_tables(best, area), *tables.model_tables(best, before, bandwidth)]
    largest = [(one.design.name, each) for one, each in found]
    shown.append(tables.busy_table(largest, percent))
    shown += [table for one in best if (table := tables.idle_table(one, percent / 100))]
    for table in shown:
        console.print(table)
    for line in tables.notes(best):
        console.print(line, soft_wrap=True)


def _figures(one: Choice) -> dict[str, Any]:
    return {
        "design": one.design.name,
        "machine": one.machine.model_dump(mode="json"),
        "multipliers": one.machine.multipliers,
        "multipliers_in_paper": one.design.multipliers_in_paper,
        "tiles_um2": one.tiles_um2,
        "memories_um2": one.memories_um2,
        "models": {
            name: {
                "macs": each.macs,
                "busy": each.busy,
                "busy_as_cut": each.busy_as_cut,
                "waiting": each.waiting,
                "cycles_computing": each.computing,
                "cycles_least": each.least,
                "idle": {
                    cause: getattr(each.could_be, cause) / each.could_be.all
                    for cause in tables.CAUSES
                },
            }
            for name, each in one.models.items()
        },
    }
