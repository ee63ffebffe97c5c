"""Area of the logic of a whole machine, each distinct module mapped once, without memories.

``python -m bench.machine_area --config small``.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table

from bench.synthesis import (
    ABC_CONSTRAINTS,
    ABC_SCRIPT,
    ABC_VERDICT,
    LIBERTY,
    require_tools,
    run_tool,
)
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from rtl.emission.emit import emit

MEMORIES = ("ditto_ram", "ditto_weight_bank")
PARTS = {
    "array": "ditto_array",
    "output stage": "ditto_output_stage",
    "vector unit": "ditto_vector_unit",
    "Defo Unit": "ditto_defo_unit",
}
"""Of the machine, whose shares are told; all else is the rest"""
# Memories stay what they are: the library has no cells for them.
_SCRIPT = """\
read_verilog module.v
{boxes}
hierarchy -top {top}
attrmap -remove init
synth -top {top} -flatten -run begin:fine
opt -fast -full
techmap
opt -fast
dfflibmap -liberty {liberty}
opt
abc -liberty {liberty} -constr abc.constr -script abc.script
opt_clean -purge
tee -o statistics.txt stat -liberty {liberty}
"""
_NO_LOGIC = "Don't call ABC as there is nothing to map"
_MODULE = re.compile(r"^module (\w+)\b.*?^endmodule", re.DOTALL | re.MULTILINE)
_INSTANCE = re.compile(r"^  (ditto_\w+) (?:#\([^;]*?\) )?\\?\S+ +\(", re.MULTILINE)


def instances(verilog: str) -> dict[str, Counter[str]]:
    """Of every module, how many it has of which others."""
    return {
        found[1]: Counter(_INSTANCE.findall(found[0]))
        for found in _MODULE.finditer(verilog)
        if found[1] not in MEMORIES
    }


def whole_area(name: str, own: Mapping[str, float], within: Mapping[str, Counter[str]]) -> float:
    """Of a module with all that is in it, in the unit of ``own``."""
    if name in MEMORIES:
        return 0.0
    return own[name] + sum(
        count * whole_area(child, own, within) for child, count in within[name].items()
    )


def module_areas(config: MachineConfig, jobs: int = -1) -> tuple[dict[str, float], dict]:
    """Square micrometres of every module without its children, and :func:`instances`."""
    require_tools()
    verilog = emit("accelerator", config).verilog
    within = instances(verilog)
    tasks = [(name, tuple(children)) for name, children in within.items()]
    runs = Parallel(n_jobs=jobs)(delayed(_area)(verilog, *task) for task in tasks)
    return dict(zip(within, runs, strict=True)), within


def _area(verilog: str, name: str, children: tuple[str, ...]) -> float:
    boxes = f"blackbox {' '.join(children)}" if children else ""
    with tempfile.TemporaryDirectory(prefix="dittosim-synthesis-") as place:
        folder = Path(place)
        (folder / "module.v").write_text(verilog)
        (folder / "abc.constr").write_text(ABC_CONSTRAINTS)
        (folder / "abc.script").write_text(ABC_SCRIPT)
        (folder / "map.ys").write_text(_SCRIPT.format(boxes=boxes, top=name, liberty=LIBERTY))
        told = run_tool(["yosys", "map.ys"], folder)
        if ABC_VERDICT not in told and _NO_LOGIC not in told:
            raise DittosimError(f"ABC could not prove its netlist of {name} right")
        areas = re.findall(r"Chip area .*: ([\d.]+)", (folder / "statistics.txt").read_text())
        return float(areas[0]) if areas else 0.0


def main(
    config: Annotated[str, typer.Option(help="preset or path of a TOML file")] = "small",
) -> None:
    """Prints the area of the machine's parts and of every module."""
    own, within = module_areas(load_config(config))
    whole = whole_area("ditto_accelerator", own, within)
    table = Table("part", title=f"Logic of {config} without memories, OSU 0.18 um")
    for header in ("mm2", "share, %"):
        table.add_column(header, justify="right")
    rest = whole
    for part, name in PARTS.items():
        area = whole_area(name, own, within)
        rest -= area
        table.add_row(part, f"{area / 1e6:.3f}", f"{100 * area / whole:.2f}")
    table.add_row("all else", f"{rest / 1e6:.3f}", f"{100 * rest / whole:.2f}")
    table.add_section()
    for name in sorted(own, key=lambda one: -whole_area(one, own, within)):
        area = whole_area(name, own, within)
        table.add_row(f"one {name}", f"{area / 1e6:.3f}", f"{100 * area / whole:.2f}")
    Console().print(table)


if __name__ == "__main__":
    try:
        typer.run(main)
    except DittosimError as error:
        raise SystemExit(f"error: {error}") from error
