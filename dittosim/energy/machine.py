"""The energies of a whole machine: mapped, recorded at work, weighed, fitted and checked."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dittosim.console import progress
from dittosim.energy.assembly import Check, check, modules_of
from dittosim.energy.event_signals import event_expressions
from dittosim.energy.measure import ModuleWindows, gates_of, module_windows, signals_of
from dittosim.energy.runs import (
    Recording,
    check_layers,
    planned_steps,
    record_layers,
    record_steps,
)
from dittosim.energy.table import EnergyTable
from dittosim.energy.variables import misnamed, without_variables
from dittosim.parallel import in_parallel
from dittosim.silicon.design import WHOLE, Design, split
from dittosim.silicon.liberty import Library
from dittosim.silicon.machine import Silicon, assemble, measure, tasks
from dittosim.silicon.mapping import CELLS, Aim
from dittosim.silicon.memories import MemoryTable
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.workload.run import Run
from rtl.emission.emit import emit
from tb.probe.recorder import Hierarchy, with_recorder

_ANY = 0.1
"""An assumed activity, for powers that are not looked at: leakage does not depend on it"""


@dataclass(frozen=True)
class Cells:
    """What a machine is mapped to."""

    aim: Aim
    liberty: str
    """The text of the Liberty file"""
    library: Library
    """The same, read"""
    memories: MemoryTable


def measure_machine(
    run: Run, place: str, config: MachineConfig, name: str, cells: Cells, source: str, jobs: int
) -> tuple[EnergyTable, list[Check]]:
    """Measures the energies of a machine called ``name`` on a workload at ``place``.

    ``source`` says how they were made. The checks are those of the recorded steps, then of layers
    alone. DittosimError if the machine does not run the workload, if a tool fails, if the Verilog
    differs from golden or the simulator, or if a netlist does not follow what was recorded.
    """
    if config.scratchpad_bytes:
        raise DittosimError(
            f"scratchpad_bytes = {config.scratchpad_bytes}: machines are measured without a "
            "scratchpad, whose own energy simulate, sweep and designs add; use 0"
        )
    planned, alone = planned_steps(run, place, config), check_layers(run, config)
    emission = emit(WHOLE, config)
    with tempfile.TemporaryDirectory(prefix="dittosim-energy-") as scratch:
        folder = Path(scratch)
        (folder / CELLS).write_text(cells.liberty)
        silicon = _mapped(
            split(emission.top, emission.verilog, folder), emission.verilog, cells, jobs
        )
        netlists = {each: one.netlist for each, one in silicon.modules.items()}
        signals = {each: signals_of(one, cells.library) for each, one in netlists.items()}
        recorded = with_recorder(
            emission,
            {each: slices for each, slices in signals.items() if slices},
            event_expressions(emission.verilog, config),
        )
        recordings = folder / "recordings"
        recordings.mkdir()
        steps = record_steps(planned, recorded, recordings)
        layers = record_layers(alone, config, recorded, recordings)
        names = [each for each in netlists if signals[each]]
        windows = _weighed(silicon, names, emission.verilog, cells, [*steps, *layers], jobs)
    slowest = silicon.slowest()
    if slowest is None:
        raise DittosimError(f"{name}: no module has a path between registers")
    table = EnergyTable(
        title=f"{name} in {cells.library.name}, mapped for {cells.aim.value}",
        source=source,
        configuration=name,
        machine=config,
        clock_ns=slowest[1].ns,
        logic_leakage_uw=silicon.leakage_uw(),
        macros_leakage_uw=silicon.memory_leakage_uw(),
        modules=tuple(modules_of(windows, steps)),
    )
    return table, [check(table, one, windows) for one in [*steps, *layers]]


def _mapped(design: Design, verilog: str, cells: Cells, jobs: int) -> Silicon:
    """Every module mapped and timed; once more if registers have lost their names."""
    work = tasks(design, [cells.aim], cells.library, _ANY)
    measured = []
    with progress() as bar:
        task = bar.add_task(f"map {design.top}", total=len(work))
        for each in in_parallel(jobs, measure, work, ordered=False):
            if misnamed(gates_of(each[2].netlist, cells.library), verilog):
                il = design.folder / f"{each[0]}.il"
                il.write_text(without_variables(il.read_text()))
                each = measure(each[0], cells.aim, cells.library, _ANY, design.folder)
            measured.append(each)
            bar.advance(task)
    (found,) = assemble(design, [cells.aim], measured, cells.memories)
    return found


def _weighed(
    silicon: Silicon,
    names: Sequence[str],
    verilog: str,
    cells: Cells,
    recordings: Sequence[Recording],
    jobs: int,
) -> list[ModuleWindows]:
    """What each module takes in each window, those with most instances first."""
    hierarchy = Hierarchy.of(verilog)
    work = [
        (
            silicon.modules[name].netlist,
            cells.library,
            cells.memories,
            hierarchy.paths(name) or [""],
            recordings,
        )
        for name in sorted(names, key=lambda each: -silicon.design.instances[each])
    ]
    windows: list[ModuleWindows] = []
    with progress() as bar:
        task = bar.add_task("weigh what switched", total=len(work))
        for each in in_parallel(jobs, module_windows, work, ordered=True):
            windows += each
            bar.advance(task)
    return windows
