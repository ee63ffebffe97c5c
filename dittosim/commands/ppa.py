"""``dittosim ppa``: power, performance and area in standard cells."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.files import check_writable, whole_folder, write_json, write_whole
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    LibertyOption,
    MemoriesOption,
    all_cores,
)
from dittosim.parallel import in_parallel
from dittosim.silicon.design import WHOLE, emitted, split
from dittosim.silicon.liberty import OSU018, parse_liberty, read_liberty_text
from dittosim.silicon.machine import assemble, measure, tasks
from dittosim.silicon.mapping import CELLS, Aim
from dittosim.silicon.memories import load_memories
from dittosim.silicon.tables import (
    figures,
    memory_figures,
    memory_table,
    module_table,
    netlist_texts,
    path_table,
    report_texts,
    total_table,
)
from dittosim.silicon.tools import versions
from golden.machine.config import load_config


class Aims(StrEnum):
    """What is mapped for."""

    AREA = "area"
    SPEED = "speed"
    BOTH = "both"


WHAT = {Aim.AREA: "for area", Aim.SPEED: "for speed"}


def ppa(
    config: ConfigOption = "small",
    top: Annotated[
        str,
        typer.Option(
            metavar="M", help="Module by the name that generate takes, or that the Verilog has."
        ),
    ] = WHOLE,
    aim: Annotated[Aims, typer.Option(help="What modules are mapped for.")] = Aims.BOTH,
    liberty: LibertyOption = OSU018,
    memories: MemoriesOption = None,
    clock: Annotated[
        float | None,
        typer.Option(metavar="NS", min=0.001, help="Clock of the power; the fastest if absent."),
    ] = None,
    activity: Annotated[
        float, typer.Option(min=0, max=2, help="Assumed changes of every net in a cycle.")
    ] = 0.1,
    accesses: Annotated[
        float, typer.Option(min=0, max=1, help="Assumed accesses of every memory port in a cycle.")
    ] = 0.5,
    jobs: Annotated[int, all_cores("Modules")] = os.cpu_count() or 1,
    json: JsonOption = None,
    netlists: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the mapped Verilog.")
    ] = None,
    paths: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for OpenSTA's reports.")
    ] = None,
    force: ForceOption = False,
) -> None:
    """Map a module's Verilog to standard cells: its area, clock and power.

    Each distinct module is mapped once by Yosys and ABC, without what is in it, and timed by
    OpenSTA with its ports at the clock edge; no wires. Memories are macros of a table. Examples:

    `dittosim ppa --top pe`

    `dittosim ppa -c paper --liberty cells.lib.gz --aim speed --json paper.json`
    """
    check_writable(json, force=force)
    machine, table = load_config(config), load_memories(memories)
    tools = versions()
    text = read_liberty_text(liberty)
    library = parse_liberty(text, liberty)
    aims = list(Aim) if aim is Aims.BOTH else [Aim(aim.value)]
    name, verilog = emitted(top, machine)
    folders = {k: path for k, path in (("netlists", netlists), ("paths", paths)) if path}
    with ExitStack() as stack:
        kept = {
            kind: stack.enter_context(whole_folder(path, force=force))
            for kind, path in folders.items()
        }
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dittosim-ppa-")))
        (folder / CELLS).write_text(text)
        bar = stack.enter_context(progress())
        task = bar.add_task(f"map {name}", total=None)
        design = split(name, verilog, folder)
        work = tasks(design, aims, library, activity)
        bar.update(task, total=len(work))
        measured = []
        for each in in_parallel(jobs, measure, work, ordered=False):
            measured.append(each)
            bar.advance(task)
        runs = assemble(design, aims, measured, table)
        if "netlists" in kept:
            _keep(kept["netlists"], netlist_texts(runs))
        if "paths" in kept:
            _keep(kept["paths"], report_texts(runs))
        written = {path: len(list(kept[kind].iterdir())) for kind, path in folders.items()}
    for run in runs:
        console.print(module_table(run, f"{name} of {config} in {library.name}, {WHAT[run.aim]}"))
        console.print(path_table(run))
    if runs[0].memories:
        console.print(memory_table(runs[0], f"memories: {table.title}"))
    console.print(total_table(runs, clock, accesses, f"{name} of {config}"))
    console.print(_assumptions(activity, accesses))
    console.print(", ".join(tools.values()))
    for path, number in written.items():
        console.print(f"written: {number} files in {path}", soft_wrap=True)
    write_json(
        json,
        {
            "configuration": config,
            "configuration_hash": machine.digest(),
            "top": name,
            "liberty": library.name,
            "tools": tools,
            "activity": activity,
            "accesses": accesses,
            "memory_table": {"title": table.title, "source": table.source.strip()},
            "memories": memory_figures(runs[0]),
            "aims": {run.aim.value: figures(run, clock, accesses) for run in runs},
        },
    )


def _keep(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        write_whole(folder / name, text)


def _assumptions(activity: float, accesses: float) -> str:
    return (
        f"Assumed: every net changes {activity:g} times a cycle, every port of a memory is used in "
        f"{accesses:g} of all cycles; macros of one port also where a memory has two. Each module "
        "is timed without what is in it, its ports at the clock edge. No wires, no clock tree."
    )
