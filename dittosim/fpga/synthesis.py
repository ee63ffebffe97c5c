"""A design mapped to the cells of the device."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dittosim.fpga.tools import TOOLS
from dittosim.tools import run
from golden.errors import DittosimError
from tb.harness.tools import tool

DESIGN = "design.v"
NETLIST = "netlist.json"
_COUNTED = "cells.json"
_SCRIPT = """\
read_verilog {design}
synth_ecp5 -top {top} -abc9 -json {netlist}
tee -q -o {counted} stat -json
"""
KINDS = {"DP16KD": "block RAM", "PDPW16KD": "block RAM", "TRELLIS_DPR16X4": "distributed RAM"}
"""What a memory is made of, by the name that Yosys has for it"""
FLIP_FLOPS = "flip-flops"
_MAPPED = re.compile(r"^mapping memory [^.\s]+\.(\S+) via \$__(\w+?)_$", re.MULTILINE)
# Memories that no RAM of the device is right for; tables of constants have other names.
_LEFT = re.compile(
    r"^Mapping memory \\(\S+) in module \S+:\n +created (\d+) \$dff cells", re.MULTILINE
)
_LUTS = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4}
"""How many of the device's LUT4 a cell takes"""
_SAME = {"TRELLIS_FF": "TRELLIS_FF", "DP16KD": "DP16KD", "MULT18X18D": "MULT18X18D"}


@dataclass(frozen=True)
class Netlist:
    """A design as cells of an ECP5, before they have places."""

    cells: Mapping[str, int]
    """How many of which cell"""
    memories: Mapping[str, str]
    """Of each memory, by its own name, what it is made of"""

    def needs(self) -> dict[str, int]:
        """How many of each of the device's resources it takes at least."""
        luts = sum(self.cells.get(cell, 0) * count for cell, count in _LUTS.items())
        same = {name: self.cells.get(cell, 0) for cell, name in _SAME.items()}
        return {"TRELLIS_COMB": luts, **same}


def synthesize(top: str, verilog: str, folder: Path) -> Netlist:
    """Maps ``verilog``, whose top module is ``top``, in ``folder``.
    DittosimError if Yosys fails.
    """
    (folder / DESIGN).write_text(verilog)
    script = _SCRIPT.format(design=DESIGN, top=top, netlist=NETLIST, counted=_COUNTED)
    (folder / "map.ys").write_text(script)
    told = run([tool(*TOOLS["yosys"]), "map.ys"], folder)
    return Netlist(read_cells((folder / _COUNTED).read_text()), read_memories(told))


def read_cells(text: str) -> dict[str, int]:
    """How many of which cell, as ``stat -json`` says."""
    try:
        counted = json.loads(text)["design"]["num_cells_by_type"]
    except (ValueError, KeyError, TypeError) as error:
        raise DittosimError("Yosys did not count its cells: another version is needed") from error
    return {name: int(count) for name, count in sorted(counted.items()) if name[0] != "$"}


def read_memories(log: str) -> dict[str, str]:
    """Of each memory that Yosys found, what it made of it."""
    found = {name: KINDS.get(kind, kind) for name, kind in _MAPPED.findall(log)}
    found |= {name: FLIP_FLOPS for name, count in _LEFT.findall(log) if int(count)}
    return dict(sorted(found.items()))


def numbers(memories: Mapping[str, str]) -> Counter[str]:
    """How many memories are made of what."""
    return Counter(memories.values())
