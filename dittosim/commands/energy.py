"""``dittosim energy``: energies of a machine's modules, measured on real activations."""

import os
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console
from dittosim.energy.machine import Cells, measure_machine
from dittosim.energy.table import table_text
from dittosim.energy.tables import (
    check_figures,
    check_table,
    energy_table,
    module_check_table,
    sum_table,
)
from dittosim.files import check_writable, write_json, write_text
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    LibertyOption,
    MemoriesOption,
    SeedOption,
    WorkloadArgument,
    all_cores,
    output_option,
)
from dittosim.silicon.liberty import OSU018, parse_liberty, read_liberty_text
from dittosim.silicon.mapping import Aim
from dittosim.silicon.memories import load_memories
from dittosim.silicon.tools import versions
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from tb.harness.simulators import Simulator, require


def energy(
    output: Annotated[Path, output_option("F", "The table, as TOML; - for stdout.")],
    workload: WorkloadArgument = "digits-unet",
    config: ConfigOption = "small",
    aim: Annotated[Aim, typer.Option(help="What modules are mapped for.")] = Aim.SPEED,
    liberty: LibertyOption = OSU018,
    memories: MemoriesOption = None,
    seed: SeedOption = 0,
    jobs: Annotated[int, all_cores("Modules")] = os.cpu_count() or 1,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Measure the energy of each module of a machine, at rest and for each slot, beat, row, word.

    Every module is mapped as by dittosim ppa. Windows of the first two steps of a run go through
    the emitted Verilog, compared as ever; what went into each module is replayed on its netlist,
    and OpenSTA weighs what switched, net by net. The energies of the windows give those of events,
    which dittosim simulate --energy multiplies with its counts. At the end the table is held
    against three layers that run alone. Takes minutes. Example:

    `dittosim energy digits-unet -c small --liberty cells.lib -o energies.toml`
    """
    for path in (output, json):
        check_writable(path, force=force)
    machine, table = load_config(config), load_memories(memories)
    require(Simulator.VERILATOR)
    tools = versions()
    text = read_liberty_text(liberty)
    cells = Cells(aim, text, parse_liberty(text, liberty), table)
    run = Run.of(load_workload(workload), None, seed=seed)
    made = f"dittosim energy {workload} -c {config} --aim {aim.value}, seed {seed}"
    source = f"{made}; {', '.join(tools.values())}; memories: {table.title}"
    found, checks = measure_machine(run, workload, machine, config, cells, source, jobs)
    console.print(energy_table(found))
    console.print(sum_table(found))
    console.print(check_table(checks))
    for one in checks:
        console.print(module_check_table(one))
    write_text(output, table_text(found))
    write_json(json, {"table": found.model_dump(mode="json"), "checks": check_figures(checks)})
