"""The emitted Verilog as modules that can be mapped one by one, with their memories as macros."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dittosim.silicon.tools import run, yosys
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.emission.emit import TOPS, emit, reasons_against

WHOLE = "accelerator"
SMALLEST_MACRO = 1024
"""Bits; memories that have fewer become flip-flops, as do those that are read without a clock."""

# Modules with parameters (memories by hand) become part of those that have them.
_READ = """\
read_verilog design.v
hierarchy -top {top}
proc
setattr -mod -set keep_hierarchy 1 ditto_*
flatten
opt_clean
opt_dff
opt_clean
memory -nomap
opt_clean
write_json design.json
write_rtlil design.il
"""
# Of each module a file with all that is in it, and of all modules one with their ports only.
_SPLIT = """\
read_rtlil design.il
{macros}
submod
design -save whole
blackbox =*
write_rtlil boxes.il
design -load whole
{writes}
"""


@dataclass(frozen=True)
class Memory:
    """The size of a memory macro."""

    width: int
    """Bits of a word."""
    depth: int
    reads: int
    """Ports."""
    writes: int

    @property
    def bits(self) -> int:
        """That it holds."""
        return self.width * self.depth


@dataclass(frozen=True)
class Module:
    """A module without what is in it."""

    name: str
    children: Mapping[str, int]
    """How many it has of which others."""
    macros: Mapping[str, Memory]
    """Its memories, by the name of the cell that stands for each."""


@dataclass(frozen=True)
class Design:
    """A module and all below it, each distinct one once, in the files of a folder."""

    top: str
    modules: Mapping[str, Module]
    """By name, the top among them."""
    folder: Path
    """With ``boxes.il``, the ports of all modules and memories, and for each module ``NAME.il``."""

    @cached_property
    def instances(self) -> Counter[str]:
        """How often each module is in the top module, which is there once."""
        return self.within(self.top)

    def within(self, name: str) -> Counter[str]:
        """How often each module is in the one called ``name``, itself included."""
        found: Counter[str] = Counter({name: 1})
        for child, count in self.modules[name].children.items():
            for inner, times in self.within(child).items():
                found[inner] += count * times
        return found

    def memories(self) -> Counter[Memory]:
        """How many macros of which size the top module has with all that is in it."""
        found: Counter[Memory] = Counter()
        for name, count in self.instances.items():
            for memory in self.modules[name].macros.values():
                found[memory] += count
        return found


def emitted(top: str, config: MachineConfig) -> tuple[str, str]:
    """Name of a module, and Verilog that has it.

    ``top`` is one of :data:`TOPS`, or a module of the accelerator by its name in the Verilog.
    DittosimError, naming those there are, if there is no such module.
    """
    if top in TOPS:
        emission = emit(top, config)
        return emission.top, emission.verilog
    names: list[str] = []
    if WHOLE not in reasons_against(config):
        emission = emit(WHOLE, config)
        names = sorted(re.findall(r"^module (\w+)", emission.verilog, re.MULTILINE))
        if top in names:
            return top, emission.verilog
    raise DittosimError(f"no module '{top}': choose one of {', '.join([*TOPS, *names])}")


def split(top: str, verilog: str, folder: Path) -> Design:
    """Reads Verilog and writes each module to a file of its own in ``folder``."""
    (folder / "design.v").write_text(verilog)
    _yosys(folder, "read", _READ.format(top=top))
    described = json.loads((folder / "design.json").read_text())["modules"]
    for name in ("design.json", "design.v"):
        (folder / name).unlink()
    modules, moved = {}, []
    for name, content in described.items():
        macros = dict(_macros(name, content["cells"]))
        moved += [f'setattr -set submod "\\"{to}\\"" {name}/{at}' for at, (to, _) in macros.items()]
        types = Counter(cell["type"] for cell in content["cells"].values())
        modules[name] = Module(
            name,
            {kind: count for kind, count in types.items() if kind in described},
            dict(macros.values()),
        )
    writes = [f"select {name}\nwrite_rtlil -selected {name}.il" for name in modules]
    _yosys(folder, "split", _SPLIT.format(macros="\n".join(moved), writes="\n".join(writes)))
    (folder / "design.il").unlink()
    return Design(top, modules, folder)


def _macros(module: str, cells: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, Memory]]]:
    """Each memory's cell, the name of the macro that takes its place, and its size."""
    taken: Counter[str] = Counter()
    for at, cell in cells.items():
        if not cell["type"].startswith("$mem"):
            continue
        numbers = {name: int(bits, 2) for name, bits in cell["parameters"].items() if _binary(bits)}
        memory = Memory(numbers["WIDTH"], numbers["SIZE"], numbers["RD_PORTS"], numbers["WR_PORTS"])
        clocked = numbers["RD_CLK_ENABLE"] == (1 << memory.reads) - 1
        if memory.writes and clocked and memory.bits >= SMALLEST_MACRO:
            label = re.sub(r"\W+", "_", at.removesuffix(".words"))
            taken[label] += 1
            number = "" if taken[label] == 1 else f"_{taken[label]}"
            yield at, (f"{module}__{label}{number}", memory)


def _binary(bits: object) -> bool:
    return isinstance(bits, str) and bool(bits) and set(bits) <= {"0", "1"}


def _yosys(folder: Path, name: str, script: str) -> None:
    (folder / f"{name}.ys").write_text(script)
    run([yosys(), "-q", f"{name}.ys"], folder)
