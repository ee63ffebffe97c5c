"""What is to be known of a standard cell library beforehand, from its Liberty file.

Yosys, ABC and OpenSTA read the file themselves; here it is read for what they do not say: which
cells are flip-flops, which is the smallest buffer, and what an input of it weighs.
"""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from golden.errors import DittosimError
from golden.reading import MAX_TEXT, check_regular, unreadable

OSU018 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")
"""Of Debian's qflow-tech-osu018"""

_WHAT = "Liberty file"
_GZIP = b"\x1f\x8b"
_WIRES = re.compile(r"^[ \t]*default_wire_load\w*[ \t]*:[^;\n]*;?", re.MULTILINE)
"""Which of a library's models of wires tools take unless told; without it, none"""
_TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|\\\r?\n|\s+   # nothing
    |(?P<group>\w+)\s*\((?P<arguments>[^()]*)\)\s*\{
    |(?P<end>\})
    |(?P<name>\w+)\s*:\s*(?P<value>"(?:[^"\\]|\\.)*"|[^;"{}\n]*)
    |\w+\s*\((?P<list>(?:"[^"]*"|[^()"])*)\)
    |;""",
    re.DOTALL | re.VERBOSE,
)
_MEMBER = re.compile(r"\w+")


@dataclass(frozen=True)
class Cell:
    """A standard cell."""

    name: str
    area: float
    """In the library's unit, which is um2 in all libraries known here."""
    flip_flop: bool
    latch: bool
    usable: bool
    """Whether the library lets tools take it."""
    functions: Mapping[str, str]
    """Of its outputs."""
    capacitances: Mapping[str, float]
    """Of its inputs, in the library's unit."""

    @property
    def buffer(self) -> bool:
        """Whether its output is its one input."""
        return (
            not (self.flip_flop or self.latch)
            and len(self.capacitances) == 1
            and len(self.functions) == 1
            and self.usable
            and next(iter(self.functions.values())) in self.capacitances
        )


@dataclass(frozen=True)
class Library:
    """The cells of a Liberty file."""

    name: str
    cells: Mapping[str, Cell]
    buffer: Cell
    """The smallest one: what drives inputs, and four of which are driven by outputs."""
    time_ns: float
    """Nanoseconds in its unit of time."""
    femtofarads: float
    """In its unit of capacitance."""

    @property
    def load(self) -> float:
        """Of an output: four inputs of the smallest buffer, in the library's unit."""
        return 4 * next(iter(self.buffer.capacitances.values()))


def read_liberty_text(path: Path) -> str:
    """The text of a Liberty file, also of one packed by gzip, without its models of wires.

    Tools would take these for every net, as the library guesses them from its fan-out.
    DittosimError if there is none, or it is damaged.
    """
    cure = "name a Liberty file (.lib or .lib.gz) with --liberty"
    if path == OSU018 and not path.exists():
        cure = f"on Debian apt-get install qflow-tech-osu018; or {cure}"
    if check_regular(path, _WHAT, cure) > MAX_TEXT:
        raise unreadable(path, "it is too large", _WHAT, cure)
    try:
        packed = path.read_bytes()
        if path.suffix == ".gz" or packed[:2] == _GZIP:
            packed = gzip.decompress(packed)
        text = packed.decode(errors="strict")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise unreadable(path, "it is not whole, or not packed by gzip", _WHAT, cure) from error
    except UnicodeDecodeError:
        text = packed.decode("latin-1")
    except OSError as error:
        raise unreadable(path, error.strerror or str(error), _WHAT, cure) from error
    return _WIRES.sub("", text)


def parse_liberty(text: str, source: object) -> Library:
    """The library that a Liberty file describes.

    DittosimError that begins with ``source`` if it is malformed, or has no flip-flop or no buffer.
    """
    root = _parse(text, source)
    if len(root.groups) != 1 or root.groups[0].kind != "library":
        raise DittosimError(f"{source}: holds no Liberty library; its first group must be library")
    library = root.groups[0]
    cells = {group.name: _cell(group) for group in library.groups if group.kind == "cell"}
    if not any(cell.flip_flop and cell.usable for cell in cells.values()):
        raise DittosimError(f"{source}: has no flip-flop; name a library that has one")
    buffers = [cell for cell in cells.values() if cell.buffer]
    if not buffers:
        raise DittosimError(f"{source}: has no buffer; name a library that has one")
    return Library(
        name=library.name,
        cells=cells,
        buffer=min(buffers, key=lambda cell: (cell.area, cell.name)),
        time_ns=_unit(library.values.get("time_unit", "1ns"), source),
        femtofarads=_capacitance(library.lists.get("capacitive_load_unit", "1,pf"), source),
    )


@dataclass
class _Group:
    kind: str
    name: str = ""
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    groups: list["_Group"] = field(default_factory=list)


def _parse(text: str, source: object) -> _Group:
    root = _Group("")
    stack = [root]
    for found in _tokens(text, source):
        match found.lastgroup:
            case "arguments":
                group = _Group(found["group"], found["arguments"].strip().strip('"'))
                stack[-1].groups.append(group)
                stack.append(group)
            case "end" if len(stack) > 1:
                stack.pop()
            case "end":
                raise _malformed(text, found.start(), source, "a } that closes nothing")
            case "value":
                stack[-1].values[found["name"]] = found["value"].strip().strip('"')
            case "list":
                name = found[0].partition("(")[0].strip()
                if name == "capacitive_load_unit":  # the others are long, and not needed
                    stack[-1].lists[name] = found["list"]
    if len(stack) > 1:
        raise DittosimError(f"{source}: ends within {stack[-1].kind} {stack[-1].name}; it is cut")
    return root


def _tokens(text: str, source: object) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise _malformed(text, at, source, "cannot be read")
        at = found.end()
        if found.lastgroup:
            yield found


def _malformed(text: str, at: int, source: object, what: str) -> DittosimError:
    line = text.count("\n", 0, at) + 1
    return DittosimError(f"{source}: line {line} {what}; it is no Liberty file, or a damaged one")


def _cell(group: _Group) -> Cell:
    kinds = {inner.kind for inner in group.groups}
    functions: dict[str, str] = {}
    capacitances: dict[str, float] = {}
    for pin in group.groups:
        if pin.kind != "pin":
            continue
        direction = pin.values.get("direction", "")
        if direction == "output":
            functions[pin.name] = _plain(pin.values.get("function", ""))
        elif direction == "input":
            capacitances[pin.name] = _number(pin.values.get("capacitance", "0"))
    return Cell(
        name=group.name,
        area=_number(group.values.get("area", "0")),
        flip_flop="ff" in kinds or "ff_bank" in kinds,
        latch="latch" in kinds or "latch_bank" in kinds,
        usable=group.values.get("dont_use", "false").lower() != "true",
        functions=functions,
        capacitances=capacitances,
    )


def _plain(function: str) -> str:
    """Without the brackets and blanks around a lone pin."""
    name = function.strip().strip("()").strip()
    return name if _MEMBER.fullmatch(name) else function


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


_SCALES = {"ps": 1e-3, "ns": 1.0, "us": 1e3}
_Unit = TypeVar("_Unit")


def _unit(text: str, source: object) -> float:
    found = re.fullmatch(r"\s*([\d.]+)\s*(ps|ns|us)\s*", text)
    if not found:
        raise DittosimError(f"{source}: time_unit {text} is no unit of time")
    return float(found[1]) * _SCALES[found[2]]


def _capacitance(text: str, source: object) -> float:
    found = re.fullmatch(r'\s*([\d.]+)\s*,\s*"?(ff|pf)"?\s*', text.lower())
    if not found:
        raise DittosimError(f"{source}: capacitive_load_unit ({text}) is no unit of capacitance")
    return float(found[1]) * (1000 if found[2] == "pf" else 1)
