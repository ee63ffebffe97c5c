"""A design that is placed and routed on a device: what it takes, and its clock."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dittosim.fpga.devices import Device
from dittosim.fpga.synthesis import NETLIST
from dittosim.fpga.tools import TOOLS
from dittosim.tools import run
from golden.errors import DittosimError
from tb.harness.tools import tool

CONFIGURATION = "design.config"
REPORT = "timing.json"
LOG = "placement.log"
PINS = "pins.lpf"
ROUTER = "router1"
"""The other one, router2, comes to no end on a whole machine: tens of wires stay shared."""
CLOCK = re.compile(r"^(posedge|negedge) ")
_CELL = re.compile(
    r"_(?:TRELLIS_FF|LUT4|CCU2C|PFUMX|L6MUX21|DP16KD|MULT18X18D|TRELLIS_DPR16X4)_.*|\$.*"
)
"""What Yosys and nextpnr append to the name of the net that a cell drives"""
_PART = re.compile(r"\.\d+\.\d+$")
"""The number of one of the block RAMs that a memory is made of"""


@dataclass(frozen=True)
class WorstPath:
    """The longest path from one edge of the clock to the next."""

    ns: float
    logic_ns: float
    """Of it in cells"""
    routing_ns: float
    """Of it between them, differences of the clock's arrival included"""
    start: str
    """The register or memory that it begins at, by its own name"""
    end: str
    levels: int
    """LUTs, carries and others between the registers"""
    nets: Sequence[str]
    """On its way, each signal by its own name, once"""


@dataclass(frozen=True)
class Placement:
    """A design with a place for each of its cells."""

    used: Mapping[str, int]
    """Of each resource, by nextpnr's name"""
    holds: Mapping[str, int]
    """That the device has"""
    mhz: float | None
    """The fastest clock; None of a design that has no path between registers"""
    worst: WorstPath | None


def place(
    device: Device,
    package: str,
    speed: int,
    mhz: float,
    seed: int,
    folder: Path,
    *,
    pins: str | None,
    out_of_context: bool,
) -> Placement:
    """Places and routes the netlist in ``folder``, aiming at a clock of ``mhz``.

    ``speed`` is the grade of the device, 6 to 8, the fastest.
    ``pins`` is the text of an LPF file; without it pins are where it suits nextpnr. Out of context
    ports have no pins at all. DittosimError if nextpnr fails.
    """
    command = [
        tool(*TOOLS["nextpnr"]),
        f"--{device.option}",
        "--package",
        package,
        "--speed",
        str(speed),
    ]
    command += ["--json", NETLIST, "--freq", f"{mhz:g}", "--timing-allow-fail"]
    command += ["--seed", str(seed), "--report", REPORT, "--log", LOG, "--quiet"]
    command += ["--router", ROUTER]
    if out_of_context:
        command.append("--out-of-context")
    else:
        command += ["--textcfg", CONFIGURATION]
    if pins is not None:
        (folder / PINS).write_text(pins)
        command += ["--lpf", PINS]
    run(command, folder)
    return read_report((folder / REPORT).read_text())


def pack(folder: Path, bitstream: str) -> None:
    """Makes the bitstream of what was placed in ``folder``; DittosimError if ecppack fails."""
    packer = tool(*TOOLS["ecppack"])
    run([packer, "--compress", "--input", CONFIGURATION, "--bit", bitstream], folder)


def read_report(text: str) -> Placement:
    """What nextpnr reports, as JSON; DittosimError if it is not as expected."""
    try:
        report = json.loads(text)
        counts = report["utilization"].items()
        paths = [_path(path) for path in report["critical_paths"] if _between_registers(path)]
        return Placement(
            used={name: one["used"] for name, one in counts if one["used"]},
            holds={name: one["available"] for name, one in counts},
            mhz=min((clock["achieved"] for clock in report["fmax"].values()), default=None),
            worst=max(paths, key=lambda path: path.ns, default=None),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DittosimError("nextpnr's report is not as expected: another version?") from error


def _between_registers(path: Mapping[str, Any]) -> bool:
    return bool(CLOCK.match(path["from"]) and CLOCK.match(path["to"]))


def _path(path: Mapping[str, Any]) -> WorstPath:
    steps = path["path"]
    total = sum(step["delay"] for step in steps)
    between = sum(step["delay"] for step in steps if step["type"] in ("routing", "clk-skew"))
    nets = [own_name(step["net"]) for step in steps if step["type"] == "routing"]
    return WorstPath(
        ns=round(total, 3),
        logic_ns=round(total - between, 3),
        routing_ns=round(between, 3),
        start=own_name(steps[0]["from"]["cell"]),
        end=own_name(steps[-1]["to"]["cell"]),
        levels=sum(step["type"] == "logic" for step in steps),
        nets=list(dict.fromkeys(nets)),
    )


def own_name(name: str) -> str:
    """A net or cell as the Verilog has it, instances separated by points."""
    return _PART.sub("", _CELL.sub("", name)).rstrip(".")
