"""A module mapped to standard cells, for least area or for the shortest clock."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dittosim.silicon.design import LOAD
from dittosim.silicon.liberty import Cell, Library
from dittosim.tools import run
from golden.errors import DittosimError
from tb.harness.tools import YOSYS, tool

CELLS = "cells.lib"
"""The Liberty file in the folder of a design"""


class Aim(StrEnum):
    """What a module is mapped for."""

    AREA = "area"
    SPEED = "speed"


# Both end in buffers and sizes, without which nets of high fan-out set the clock. ABC gets no delay
# to reach: what it can do is wanted.
SCRIPTS = {
    # amap and not map or &nf: three quarters of their area for a tenth of their clock. Never both
    # of its options -m and -x: together they give wrong netlists, which is why all are proven.
    Aim.AREA: "strash;balance;dch;balance;dch;amap;buffer -c;topo;upsize;dnsize",
    # if -g balances sums and carries as a whole; a second dch and map wins area back. Without dc2,
    # which saves area first and costs a tenth of the clock.
    Aim.SPEED: "strash;ifraig;scorr;strash;if -g -K 6;strash;dch -f;map -B 0.9;strash;dch -f;"
    "map -B 0.9;topo;buffer -c;topo;upsize;dnsize",
}
# What cec does, but with a verdict in a file: Yosys as a wheel does not show what ABC says.
_PROOF = (
    "strash;write_blif {job}.logic.blif;{script};write_blif {job}.mapped.blif;backup;"
    "miter {job}.logic.blif {job}.mapped.blif;iprove;write_status {job}.proof;restore"
)
_PROVEN = "snl_UNSAT"
_NO_LOGIC = "Don't call ABC as there is nothing to map"

# ABC puts buffers where a net drives many of them. Then it gives each one that shares its net with
# others a buffer of its own, for its format wants that; these are taken out again.
_LOADS = f"module {LOAD}(input A, output Y); \\$_BUF_ buffer (.A(A), .Y(Y)); endmodule\n"

# Initial values go, for these flip-flops have none: only what the reset sets is defined.
# First the netlist as a part of the whole, with its children as cells. Then the one that is timed:
# children give place to ports, named CHILD.PORT; other nets stay inside, without an output's load.
# What has no name in the Verilog gets the same one in all files.
_SCRIPT = """\
read_rtlil boxes.il
delete {name}
read_rtlil {name}.il
hierarchy -top {name}
attrmap -remove init
synth -top {name} -flatten -run begin:fine
opt -fast -full
memory_map
opt -fast -full
techmap
opt -fast
dfflibmap -liberty {cells}
opt
techmap -map {loads}
abc -liberty {cells} -constr {job}.constr -script {job}.abc
select -set ends {name}/w:${load}.b* %a %x1:+[{outputs}]
techmap -map {ends} @ends
opt_clean -purge
setundef -zero
opt_clean -purge
select {name}
rename -enumerate -pattern _%_ {name}
write_verilog -noattr -noexpr -simple-lhs -selected {job}.v
write_json {job}.json
select -clear
expose -evert {name}/t:ditto_* {name}/t:memory_*
opt_clean -purge
select {name}
write_verilog -noattr -noexpr -simple-lhs -selected {job}.timed.v
"""
_INSTANCE = re.compile(r"^  (\w+) (\\\S+|\w+) +\(\n(.*?)^  \);", re.MULTILINE | re.DOTALL)
_CONNECTION = re.compile(r"^    \.(\w+)\((.*?)\)", re.MULTILINE)


@dataclass(frozen=True)
class Netlist:
    """A mapped module without what is in it, before placement: no wires."""

    name: str
    aim: Aim
    cells: Mapping[str, int]
    """How many of which standard cell."""
    area_um2: float
    flip_flops: int
    registers: Mapping[str, str]
    """Of each flip-flop, the net that it drives."""
    file: Path
    """With its children and memories as cells."""
    timed: Path
    """The same with ports in place of these."""
    repeats: tuple[str, ...]
    """Bits of write enables of memories that are the same net as one before: macros have one pin
    for all of them."""


def map_module(name: str, aim: Aim, library: Library, folder: Path) -> Netlist:
    """Maps a module of a design in ``folder``, which has the Liberty file, too.

    DittosimError if Yosys fails, or ABC cannot prove its netlist right.
    """
    job = f"{name}.{aim.value}"
    femtofarads = library.load * library.femtofarads
    buffers = [cell for cell in library.cells.values() if cell.buffer]
    texts = {
        "constr": f"set_driving_cell {library.buffer.name}\nset_load {femtofarads:g}\n",
        "abc": _PROOF.format(job=job, script=SCRIPTS[aim]).replace(";", "\n") + "\n",
        "loads.v": _LOADS,
        "ends.v": "".join(map(_wire, buffers)),
        "ys": _SCRIPT.format(
            name=name,
            job=job,
            cells=CELLS,
            load=LOAD,
            loads=f"{job}.loads.v",
            ends=f"{job}.ends.v",
            outputs=",".join(sorted({pin for each in buffers for pin in each.functions})),
        ),
    }
    for kind, text in texts.items():
        (folder / f"{job}.{kind}").write_text(text)
    told = run([tool(*YOSYS), f"{job}.ys"], folder)
    proof = folder / f"{job}.proof"
    proven = proof.exists() and proof.read_text().split()[:1] == [_PROVEN]
    if not proven and _NO_LOGIC not in told:
        raise DittosimError(f"ABC could not prove its netlist of {name} right")
    file = folder / f"{job}.v"
    cells, registers = read_netlist(file.read_text(), library)
    return Netlist(
        name=name,
        aim=aim,
        cells=cells,
        area_um2=sum(count * library.cells[cell].area for cell, count in cells.items()),
        flip_flops=len(registers),
        registers=registers,
        file=file,
        timed=folder / f"{job}.timed.v",
        repeats=tuple(_repeats((folder / f"{job}.json").read_text(), name)),
    )


def _wire(buffer: Cell) -> str:
    (a,), (y,) = buffer.capacitances, buffer.functions
    return f"module {buffer.name}(input {a}, output {y}); assign {y} = {a}; endmodule\n"


def read_netlist(verilog: str, library: Library) -> tuple[dict[str, int], dict[str, str]]:
    """How many of which standard cell a netlist has, and which net each flip-flop drives."""
    cells: Counter[str] = Counter()
    registers = {}
    for found in _INSTANCE.finditer(verilog):
        cell = library.cells.get(found[1])
        if cell is None:
            continue
        cells[cell.name] += 1
        if cell.flip_flop:
            nets = dict(_CONNECTION.findall(found[3]))
            driven = [_plain(nets[pin]) for pin in cell.functions if nets.get(pin)]
            # The inverse of a register has no name of its own.
            named = [net for net in driven if not net.startswith("_")]
            registers[_plain(found[2])] = (named or driven or [found[2]])[0]
    return dict(cells), registers


def _repeats(text: str, name: str) -> Iterator[str]:
    for instance, cell in json.loads(text)["modules"][name]["cells"].items():
        seen = set()
        for bit, net in enumerate(cell["connections"].get("WR_EN", [])):
            if net in seen:
                yield f"{instance}.WR_EN[{bit}]"
            seen.add(net)


def _plain(name: str) -> str:
    r"""As Verilog has it without an escape: ``\a.b [3]`` is ``a.b[3]``."""
    return name.removeprefix("\\").replace(" ", "")
