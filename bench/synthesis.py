"""Area and clock of single modules, mapped by Yosys to the OSU 0.18 um standard cells.

Needs tools that dittosim itself does without; Debian has them as ``yosys``, ``opensta`` and
``qflow-tech-osu018``.
"""

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from rtl.emission.emit import emit

MODULES = ("pe", "encoder", "lane-fifo")
"""What can be mapped: the modules without memories, for which the library has no cells."""

LIBERTY = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")

_PERIOD_NS = 10.0

ABC_CONSTRAINTS = """\
set_driving_cell BUFX2
set_load 20
"""

# amap and not map or &nf: three quarters of their area for a tenth of their clock. Never both of
# its options -m and -x: together they give wrong netlists, which is why cec checks the result.
ABC_SCRIPT = """\
strash
balance
dch
balance
dch
amap
buffer -c
topo
upsize
dnsize
cec
"""
ABC_VERDICT = "Networks are equivalent"

# Initial values go, for these flip-flops have none: only what the reset sets is defined.
_YOSYS_SCRIPT = """\
read_verilog module.v
hierarchy -top {top}
attrmap -remove init
synth -top {top} -flatten -noabc
dfflibmap -liberty {liberty}
opt
abc -liberty {liberty} -constr abc.constr -script abc.script
opt_clean -purge
tee -o statistics.txt stat -liberty {liberty}
write_verilog -noattr netlist.v
"""

# worst_slack comes first: it frees the paths that find_timing_paths has found.
_STA_SCRIPT = """\
read_liberty {liberty}
read_verilog netlist.v
link_design {top}
create_clock -name clk -period {period} clk
set inputs [lsearch -inline -all -not [all_inputs] [get_ports clk]]
set_input_delay 0 -clock clk $inputs
set_output_delay 0 -clock clk [all_outputs]
set worst [worst_slack]
set between [find_timing_paths -from [all_registers -clock_pins] -to [all_registers -data_pins]]
set slacks [open slacks.json w]
puts $slacks "\\[$worst, [get_property [lindex $between 0] slack]\\]"
close $slacks
report_checks -path_delay max -format full
"""


@dataclass(frozen=True)
class Synthesis:
    """A module in standard cells, before placement: no wires, typical corner, 1.8 V, 25 C."""

    area_um2: float
    """Sum over all cells."""
    cells: int
    flip_flops: int
    clock_mhz: float
    """From the longest of all paths, ports included: inputs come at the clock edge, and outputs
    must be there at the next."""
    register_mhz: float
    """From the longest path between flip-flops of the module."""
    critical_path: str
    """OpenSTA's report of the path that sets ``clock_mhz``."""


def synthesize(top: str, config: MachineConfig) -> Synthesis:
    """Maps module ``top`` (one of :data:`MODULES`) for ``config`` to cells and times it.

    ABC gets no delay target (its default flow ignores it: 1 to 10 ns give the same netlist); the
    balanced, area-oriented mapping used here is followed by buffering and sizing, without which
    signals of high fan-out, such as a FIFO's shift, set the clock. ABC then proves the netlist
    equivalent to the logic it was given.

    Raises DittosimError if a tool or the library is missing, or a tool fails.
    """
    if top not in MODULES:
        raise DittosimError(f"cannot map '{top}': choose one of {', '.join(MODULES)}")
    require_tools()
    emission = emit(top, config)
    names = {"top": emission.top, "liberty": LIBERTY, "period": _PERIOD_NS}
    with tempfile.TemporaryDirectory(prefix="dittosim-synthesis-") as name:
        folder = Path(name)
        (folder / "module.v").write_text(emission.verilog)
        (folder / "abc.constr").write_text(ABC_CONSTRAINTS)
        (folder / "abc.script").write_text(ABC_SCRIPT)
        (folder / "map.ys").write_text(_YOSYS_SCRIPT.format(**names))
        (folder / "time.tcl").write_text(_STA_SCRIPT.format(**names))
        if ABC_VERDICT not in run_tool(["yosys", "map.ys"], folder):
            raise DittosimError(f"ABC could not prove its netlist of {emission.top} right")
        critical_path = run_tool(["sta", "-no_splash", "-exit", "time.tcl"], folder)
        slacks = folder / "slacks.json"
        if not slacks.exists():
            raise DittosimError(f"OpenSTA failed on {emission.top}: {critical_path.strip()}")
        worst, between = json.loads(slacks.read_text())
        statistics = (folder / "statistics.txt").read_text()
    return Synthesis(
        area_um2=float(only(r"Chip area .*: ([\d.]+)", statistics)),
        cells=int(only(r"Number of cells: +(\d+)", statistics)),
        flip_flops=sum(map(int, re.findall(r"DFF\w+ +(\d+)", statistics))),
        clock_mhz=1000 / (_PERIOD_NS - worst),
        register_mhz=1000 / (_PERIOD_NS - between),
        critical_path=critical_path,
    )


def require_tools() -> None:
    """DittosimError that says how to get what is missing."""
    missing = [tool for tool in ("yosys", "sta") if shutil.which(tool) is None]
    missing += [] if LIBERTY.exists() else [str(LIBERTY)]
    if missing:
        raise DittosimError(
            f"synthesis needs {', '.join(missing)}; on Debian: "
            "apt-get install yosys opensta qflow-tech-osu018"
        )


def only(pattern: str, text: str) -> str:
    """What the pattern's group finds; it must be found once."""
    (found,) = re.findall(pattern, text)
    return found


def run_tool(command: list[str], folder: Path) -> str:
    """What the tool prints; DittosimError if it fails."""
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        last = done.stdout.strip().splitlines()[-1:]
        raise DittosimError(f"{command[0]} failed: {' '.join(last)}")
    return done.stdout


def synthesis_table(config: str) -> Table:
    """Area and clock of every module that can be mapped."""
    machine = load_config(config)
    table = Table("module", title=f"OSU 0.18 um standard cells, configuration {config}")
    for header in ("um2", "cells", "flip-flops", "MHz", "MHz, registers only"):
        table.add_column(header, justify="right")
    total = 0.0
    for top in MODULES:
        result = synthesize(top, machine)
        total += (
            result.area_um2
            * (machine.lanes if top == "lane-fifo" else 1)
            / (1 if top == "pe" else machine.columns)
        )
        table.add_row(
            top,
            f"{result.area_um2:,.0f}",
            f"{result.cells:,}",
            f"{result.flip_flops:,}",
            f"{result.clock_mhz:.0f}",
            f"{result.register_mhz:.0f}",
        )
    table.add_section()
    table.add_row(f"PE with 1/{machine.columns} of encoder and lanes", f"{total:,.0f}")
    return table


def main(
    config: Annotated[str, typer.Option(help="preset or path of a TOML file")] = "small",
) -> None:
    """Prints area and clock of every module that can be mapped."""
    Console().print(synthesis_table(config))


if __name__ == "__main__":
    try:
        typer.run(main)
    except DittosimError as error:
        raise SystemExit(f"error: {error}") from error
