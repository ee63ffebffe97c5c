"""The emitted Verilog as modules that can be mapped one by one, with their memories as macros."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from dittosim.tools import run
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.emission.emit import TOPS, emit, reasons_against
from tb.harness.tools import YOSYS, tool

WHOLE = "accelerator"
SMALLEST_MACRO = 256
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
write_rtlil design.il
"""
# RTLIL, Yosys's own text, is read and written here line by line.
_MODULE = re.compile(r"^module \\(\S+)\n(.*?)^end\n", re.MULTILINE | re.DOTALL)
_PORT = re.compile(r"^  wire .*?\b(?:input|output) \d+ \S+\n", re.MULTILINE)
_INPUT = re.compile(r"^  wire (?:width (\d+) )?.*?\binput \d+ (\S+)\n", re.MULTILINE)
_CHILD = re.compile(r"^  cell \\(\w+) ", re.MULTILINE)
_MEMORY = re.compile(r"^  cell \$mem_v2 (\S+)\n(.*?)^  end\n", re.MULTILINE | re.DOTALL)
_INSTANCE = re.compile(r"^  cell (\\\w+) \S+\n((?:    .*\n)*)  end\n", re.MULTILINE)
_PIN = re.compile(r"^    connect (\S+) (.*)\n", re.MULTILINE)
_NUMBER = re.compile(r"^    parameter \\(\w+) (?:\d+'([01]+)|(\d+))$", re.MULTILINE)
_CONNECTION = re.compile(r"^    connect \\(\w+) .*\n", re.MULTILINE)


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

    @property
    def macro(self) -> str:
        """Name of the macro in netlists."""
        return f"memory_{self.depth}x{self.width}_{self.reads}r{self.writes}w"

    def ports(self) -> dict[str, tuple[str, int]]:
        """Direction and bits of the macro's ports.

        All of a kind are one port, the first in the lowest bits. Each bit of a word has a bit of
        ``WR_EN``. ``RD_DATA`` shows what was read from the next edge of the clock on.
        """
        address = max(1, (self.depth - 1).bit_length())
        return {
            "RD_CLK": ("input", self.reads),
            "RD_EN": ("input", self.reads),
            "RD_ADDR": ("input", self.reads * address),
            "RD_DATA": ("output", self.reads * self.width),
            "WR_CLK": ("input", self.writes),
            "WR_EN": ("input", self.writes * self.width),
            "WR_ADDR": ("input", self.writes * address),
            "WR_DATA": ("input", self.writes * self.width),
        }


@dataclass(frozen=True)
class Module:
    """A module without what is in it."""

    name: str
    children: Mapping[str, int]
    """How many it has of which others."""
    memories: Mapping[Memory, int]
    """How many macros it has of which size."""


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
            for memory, each in self.modules[name].memories.items():
                found[memory] += count * each
        return found


LOAD = "load"
"""A cell behind each bit of a child's input, so that mapping sees how many of them a net drives"""
_UNLOADED = re.compile(r"clk|\w+_CLK|WR_EN")
"""Inputs without: clocks, and pins that a macro has once for all bits"""


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
    (folder / "read.ys").write_text(_READ.format(top=top))
    run([tool(*YOSYS), "-q", "read.ys"], folder)
    text = (folder / "design.il").read_text()
    bodies = dict(_MODULE.findall(text))
    # Yosys makes names from a count. Without it a module would come to have some of them twice.
    (counted,) = re.findall(r"^autoidx \d+\n", text, re.MULTILINE)
    modules: dict[str, Module] = {}
    sizes: set[Memory] = set()
    inputs = {f"\\{name}": _inputs("".join(_PORT.findall(body))) for name, body in bodies.items()}
    for name, body in bodies.items():
        memories: Counter[Memory] = Counter()
        body = _MEMORY.sub(partial(_macro, memories), body)
        inputs |= {f"\\{memory.macro}": _inputs(_ports(memory)) for memory in memories}
        body = _INSTANCE.sub(partial(_loaded, inputs, itertools.count()), body)
        (folder / f"{name}.il").write_text(f"{counted}module \\{name}\n{body}end\n")
        children = Counter(kind for kind in _CHILD.findall(body) if kind in bodies)
        modules[name] = Module(name, children, memories)
        sizes |= memories.keys()
    boxes = [_box(name, "".join(_PORT.findall(body))) for name, body in bodies.items()]
    boxes += [_box(memory.macro, _ports(memory)) for memory in sizes]
    boxes.append(_box(LOAD, "  wire input 1 \\A\n  wire output 2 \\Y\n"))
    (folder / "boxes.il").write_text("".join(boxes))
    for name in ("design.v", "design.il"):
        (folder / name).unlink()
    return Design(top, modules, folder)


def _macro(memories: Counter[Memory], found: re.Match[str]) -> str:
    """The cell of a memory as that of a macro, which is counted; others are left as they are."""
    numbers = {name: int(bits or "0", 2) or int(one or "0") for name, bits, one in _numbers(found)}
    memory = Memory(numbers["WIDTH"], numbers["SIZE"], numbers["RD_PORTS"], numbers["WR_PORTS"])
    clocked = numbers["RD_CLK_ENABLE"] == (1 << memory.reads) - 1
    if not (memory.writes and clocked and memory.bits >= SMALLEST_MACRO):
        return found[0]
    memories[memory] += 1
    ports = memory.ports()
    lines = [line[0] for line in _CONNECTION.finditer(found[2]) if line[1] in ports]
    return f"  cell \\{memory.macro} {found[1]}\n{''.join(lines)}  end\n"


def _inputs(ports: str) -> Mapping[str, int]:
    """Bits of each input that counts as a load."""
    found = {name: int(bits or 1) for bits, name in _INPUT.findall(ports)}
    return {name: bits for name, bits in found.items() if not _UNLOADED.fullmatch(name[1:])}


def _loaded(
    inputs: Mapping[str, Mapping[str, int]], numbers: Iterator[int], found: re.Match[str]
) -> str:
    """The instance of a child with a cell of its own behind each bit of its inputs."""
    wires, pins, cells = [], [], []
    if found[1] not in inputs:
        return found[0]
    for pin, signal in _PIN.findall(found[2]):
        bits = inputs[found[1]].get(pin)
        if not bits:
            pins.append(f"    connect {pin} {signal}\n")
            continue
        before, behind = (f"${LOAD}.{side}{next(numbers)}" for side in "ab")
        wires += [f"  wire width {bits} {wire}\n" for wire in (before, behind)]
        cells.append(f"  connect {before} {signal}\n")
        cells += [
            f"  cell \\{LOAD} {behind}.{bit}\n    connect \\A {before} [{bit}]\n"
            f"    connect \\Y {behind} [{bit}]\n  end\n"
            for bit in range(bits)
        ]
        pins.append(f"    connect {pin} {behind}\n")
    head = found[0].partition("\n")[0]
    return "".join([*wires, f"{head}\n", *pins, "  end\n", *cells])


def _numbers(found: re.Match[str]) -> list[tuple[str, str, str]]:
    return _NUMBER.findall(found[2])


def _ports(memory: Memory) -> str:
    return "".join(
        f"  wire width {bits} {direction} {number} \\{name}\n"
        for number, (name, (direction, bits)) in enumerate(memory.ports().items(), 1)
    )


def _box(name: str, ports: str) -> str:
    return f"attribute \\blackbox 1\nmodule \\{name}\n{ports}end\n"
