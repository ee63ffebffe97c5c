"""``dittosim energy``: energies of a machine's modules, measured on real activations."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.energy.assembly import Check, check, modules_of
from dittosim.energy.event_signals import event_expressions
from dittosim.energy.measure import ModuleWindows, module_windows, signals_of
from dittosim.energy.runs import check_layers, record_layers, record_steps
from dittosim.energy.table import EnergyTable, table_text
from dittosim.energy.tables import (
    check_figures,
    check_table,
    energy_table,
    module_check_table,
    sum_table,
)
from dittosim.files import check_writable, write_json, write_text
from dittosim.options import ConfigOption, ForceOption, JsonOption, SeedOption
from dittosim.parallel import in_parallel
from dittosim.silicon.design import WHOLE, split
from dittosim.silicon.liberty import OSU018, parse_liberty, read_liberty_text
from dittosim.silicon.machine import Silicon, assemble, measure, tasks
from dittosim.silicon.mapping import CELLS, Aim
from dittosim.silicon.memories import load_memories
from dittosim.silicon.tools import versions
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from rtl.emission.emit import emit
from tb.harness.simulators import Simulator, require
from tb.probe.recorder import Hierarchy, with_recorder

_ANY = 0.1
"""An assumed activity, for powers that are not looked at: leakage does not depend on it"""


def energy(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="F", help="TOML file to write.")
    ],
    workload: Annotated[
        str, typer.Argument(help="Workload by name, or its folder.")
    ] = "digits-unet",
    config: ConfigOption = "small",
    aim: Annotated[Aim, typer.Option(help="What modules are mapped for.")] = Aim.SPEED,
    liberty: Annotated[
        Path, typer.Option(metavar="F", help="Standard cells: a Liberty file, .lib or .lib.gz.")
    ] = OSU018,
    memories: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Memory macros: a TOML file; CACTI's of 45 nm if absent."),
    ] = None,
    seed: SeedOption = 0,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Modules at once; all cores if absent.")
    ] = os.cpu_count() or 1,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Measure the energy of each module of a machine, at rest and for each slot, beat, row, word.

    Every module is mapped as by dittosim ppa. Windows of the first two steps of a run go through
    the emitted Verilog, compared as ever; what went into each module is replayed on its netlist,
    and OpenSTA weighs what switched, net by net. The energies of the windows give those of events,
    which dittosim simulate --energy multiplies with its counts. At the end the table is held
    against three layers that run alone. Takes tens of minutes. Example:

    `dittosim energy digits-unet -c small --liberty cells.lib -o energies.toml`
    """
    for path in (output, json):
        check_writable(path, force=force)
    machine, table = load_config(config), load_memories(memories)
    require(Simulator.VERILATOR)
    tools = versions()
    text = read_liberty_text(liberty)
    library = parse_liberty(text, liberty)
    run = Run.of(load_workload(workload), None, seed=seed)
    emission = emit(WHOLE, machine)
    hierarchy = Hierarchy.of(emission.verilog)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dittosim-energy-")))
        (folder / CELLS).write_text(text)
        design = split(emission.top, emission.verilog, folder)
        silicon = _mapped(design, tasks(design, [aim], library, _ANY), aim, table, jobs)
        netlists = {name: one.netlist for name, one in silicon.modules.items()}
        signals = {name: signals_of(one, library) for name, one in netlists.items()}
        recorded = with_recorder(
            emission,
            {name: each for name, each in signals.items() if each},
            event_expressions(emission.verilog),
        )
        recordings = folder / "recordings"
        recordings.mkdir()
        steps = record_steps(run, workload, machine, recorded, recordings)
        layers = record_layers(check_layers(run, machine), machine, recorded, recordings)
        work = [
            (netlists[name], library, table, hierarchy.paths(name) or [""], [*steps, *layers])
            for name in sorted(netlists, key=lambda each: -design.instances[each])
            if signals[name]
        ]
        windows: list[ModuleWindows] = []
        with progress() as bar:
            task = bar.add_task("weigh what switched", total=len(work))
            for each in in_parallel(jobs, module_windows, work, ordered=True):
                windows += each
                bar.advance(task)
    slowest = silicon.slowest()
    if slowest is None:
        raise DittosimError(f"{config}: no module has a path between registers")
    made = f"dittosim energy {workload} -c {config} --aim {aim.value}, seed {seed}"
    found = EnergyTable(
        title=f"{config} in {library.name}, mapped for {aim.value}",
        source=f"{made}; {', '.join(tools.values())}; memories: {table.title}",
        configuration=config,
        configuration_hash=machine.digest(),
        clock_ns=slowest[1].ns,
        logic_leakage_uw=silicon.leakage_uw(),
        macros_leakage_uw=silicon.memory_leakage_uw(),
        modules=tuple(modules_of(windows, steps)),
    )
    checks: list[Check] = [check(found, one, windows) for one in [*steps, *layers]]
    write_text(output, table_text(found))
    if str(json) != "-":
        console.print(energy_table(found))
        console.print(sum_table(found))
        console.print(check_table(checks))
        for one in checks:
            console.print(module_check_table(one))
        console.print(f"written: {output}", soft_wrap=True)
    write_json(json, {"table": found.model_dump(mode="json"), "checks": check_figures(checks)})


def _mapped(design, work, aim, memories, jobs) -> Silicon:
    """Every module mapped and timed."""
    measured = []
    with progress() as bar:
        task = bar.add_task(f"map {design.top}", total=len(work))
        for each in in_parallel(jobs, measure, work, ordered=False):
            measured.append(each)
            bar.advance(task)
    (found,) = assemble(design, [aim], measured, memories)
    return found
