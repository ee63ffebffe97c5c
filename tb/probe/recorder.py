"""The recorder: Verilog in every module that writes its signals, a line of hex a cycle.

It looks on and changes nothing: a recorded design takes the cycles that it takes unrecorded. What
is recorded when is told by plusargs (:class:`Windows`), in cycles from the start of a queue, its
first being 1.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.errors import DittosimError
from rtl.emission.emit import Emission

EVENTS = "events"
"""File of what happened in each recorded cycle"""
TOTALS = "totals"
"""File of what happened in all cycles, queue by queue"""
EVENT_BITS = 16
"""Of a count in a cycle"""
_TOP = "ditto_accelerator"
_NOW = f"{_TOP}_with_memory.device.ditto_record_on"
_MODULE = re.compile(r"^module (\w+)\(.*?^endmodule\n", re.MULTILINE | re.DOTALL)
_VECTOR = re.compile(r"^  (?:wire|reg|input|output) \[\d+:0\] \\?(\S+?) ?;", re.MULTILINE)
_INSTANCE = re.compile(
    r"^  (ditto_\w+) (?:#\((?:[^()]|\([^()]*\))*\) )?\\?(\S+) +\(\n", re.MULTILINE
)


@dataclass(frozen=True)
class Slice:
    """Bits of a signal, ``low`` to ``high``."""

    name: str
    """Without escapes; of a child's port, or of a wire in it, ``CHILD.NAME``"""
    low: int
    high: int
    width: int
    """Of the whole signal"""


@dataclass(frozen=True)
class Windows:
    """Which cycles of a queue are recorded."""

    queue: int
    """The first that runs is 0"""
    first: int
    """Cycle in which the first window begins"""
    length: int
    """Cycles of a window"""
    period: int
    """From one's begin to the next one's"""
    count: int

    def arguments(self, folder: Path) -> list[str]:
        """Plusargs for the simulator, which writes into ``folder``."""
        sizes = ("queue", "first", "length", "period", "count")
        return [
            f"+record={folder}",
            *(f"+record_{name}={getattr(self, name)}" for name in sizes),
        ]


@dataclass(frozen=True)
class Hierarchy:
    """Instances of the emitted modules."""

    children: Mapping[str, Mapping[str, str]]
    """Of a module, the kind of each instance in it"""

    @classmethod
    def of(cls, verilog: str) -> "Hierarchy":
        """That of a design's text."""
        return cls(
            {
                found[1]: {name: kind for kind, name in _INSTANCE.findall(found[0])}
                for found in _MODULE.finditer(verilog)
            }
        )

    def paths(self, module: str, top: str = _TOP) -> list[str]:
        """Where the instances of a module are, from within ``top`` on."""
        found: list[str] = []
        for name, kind in self.children.get(top, {}).items():
            if kind == module:
                found.append(name)
            found += [f"{name}.{path}" for path in self.paths(module, kind)]
        return found


def with_recorder(
    emission: Emission,
    signals: Mapping[str, Sequence[Slice]],
    events: Mapping[str, Sequence[str]],
) -> Emission:
    """The accelerator with recorders.

    ``signals`` are those of each module to be recorded, the lowest bits first; ``events`` the
    expressions, of the accelerator's own scope, that together count each event in a cycle.
    """
    assert emission.top == _TOP
    hierarchy = Hierarchy.of(emission.verilog)

    def recorded(found: re.Match[str]) -> str:
        name = found[1]
        lines = []
        if name in signals:
            vectors = set(_VECTOR.findall(found[0]))
            lines = _recorder(signals[name], hierarchy.children[name], vectors)
        if name == _TOP:
            lines = [*_windows(), *_events(events), *lines]
        body = found[0].removesuffix("endmodule\n")
        return "\n".join([body.rstrip("\n"), *lines, "endmodule", ""])

    return Emission(emission.top, _MODULE.sub(recorded, emission.verilog), emission.manifest)


def _file(name: str, file: str) -> list[str]:
    """Opens a file of the folder that a plusarg names; ``name`` is that of its variable."""
    return [
        f"  integer {name};",
        f"  reg [8*512-1:0] {name}_folder;",
        f"  reg [8*1024-1:0] {name}_path;",
        "  initial begin",
        f"    {name} = 0;",
        f'    if ($value$plusargs("record=%s", {name}_folder)) begin',
        f'      $sformat({name}_path, "%0s/{file}", {name}_folder);',
        f'      {name} = $fopen({name}_path, "w");',
        "    end",
        "  end",
    ]


def _recorder(
    slices: Sequence[Slice], children: Mapping[str, str], vectors: Collection[str]
) -> list[str]:
    parts = ", ".join(_expression(one, children, vectors) for one in reversed(slices))
    return [
        *_file("ditto_record", "%m"),
        f"  always @(posedge {_TOP}_with_memory.device.clk)",
        f'    if (ditto_record != 0 && {_NOW}) $fwrite(ditto_record, "%h\\n", {{{parts}}});',
    ]


def _expression(one: Slice, children: Mapping[str, str], vectors: Collection[str]) -> str:
    child, dot, rest = one.name.partition(".")
    name = f"{_escaped(child)}.{_escaped(rest)}" if dot and child in children else ""
    name = name or _escaped(one.name)
    # A netlist may have but one bit of what are several in the Verilog, the others constant.
    if one.width == 1 and one.name not in vectors:
        return name
    return f"{name}[{one.high}:{one.low}]"


def _escaped(name: str) -> str:
    return f"\\{name} "


def _windows() -> list[str]:
    sizes = ("queue", "first", "length", "period", "count")
    reads = [
        f'    if (!$value$plusargs("record_{n}=%d", record_{n})) record_{n} = 1;' for n in sizes
    ]
    return [
        *(f"  reg [63:0] record_{name};" for name in sizes),
        "  reg [63:0] record_time, record_next, record_queues;",
        "  reg ditto_record_on;",
        "  initial begin",
        *reads,
        "    record_time = 0; record_queues = 0; ditto_record_on = 0;",
        "  end",
        "  always @(posedge clk) begin",
        "    record_next = core.go ? 1 : record_time + 1;",
        "    record_time <= record_next;",
        "    if (core.go) record_queues <= record_queues + 1;",
        # One is counted when it starts.
        "    ditto_record_on <= !rst && record_queues + {63'd0, core.go} == record_queue + 1",
        "      && record_next >= record_first",
        "      && record_next < record_first + record_count * record_period",
        "      && (record_next - record_first) % record_period < record_length;",
        "  end",
    ]


def _events(events: Mapping[str, Sequence[str]]) -> list[str]:
    names = [f"record_event{number}" for number in range(len(events))]
    totals = [f"record_total{number}" for number in range(len(events))]
    wide = f"[{EVENT_BITS - 1}:0]"
    lines = [*_file("record_events", EVENTS), *_file("record_totals", TOTALS)]
    for name, total, expressions in zip(names, totals, events.values(), strict=True):
        counted = " + ".join(f"{{{EVENT_BITS - 1}'d0, {one}}}" for one in expressions)
        lines += [f"  wire {wide} {name} = {counted};", f"  reg [63:0] {total};"]
    tell = " ".join(["%0d"] * len(events))
    write = f'$fwrite(record_totals, "{tell}\\n", {", ".join(totals)});'
    lines += [
        "  always @(posedge clk) begin",
        (
            f'    if (record_events != 0 && ditto_record_on) $fwrite(record_events, "{tell}\\n", '
            f"{', '.join(names)});"
        ),
        f"    if (record_totals != 0 && core.go && record_queues != 0) {write}",
    ]
    for name, total in zip(names, totals, strict=True):
        lines.append(f"    {total} <= core.go || rst ? 0 : {total} + {{48'd0, {name}}};")
    return [*lines, "  end", f"  final if (record_totals != 0 && record_queues != 0) {write}"]


def read_signals(folder: Path, module_paths: Sequence[str], bits: int) -> np.ndarray:
    """What was recorded of instances, uint8 (instances, cycles, bits) of 0 and 1, low bits first.

    DittosimError if a file is not there, or not of whole lines.
    """
    found = []
    for path in module_paths:
        file = folder / f"{_TOP}_with_memory.device{'.' if path else ''}{path}"
        digits = -(-bits // 4)
        try:
            text = np.frombuffer(file.read_bytes(), np.uint8)
            lines = text.reshape(-1, digits + 1)[:, :digits]
        except (OSError, ValueError) as error:
            raise DittosimError(f"the recording of {path} is damaged: {error}") from error
        values = np.where(lines > ord("9"), (lines & 7) + 9, lines - ord("0")).astype(np.uint8)
        nibbles = np.unpackbits(values[:, ::-1, None], axis=2, bitorder="little")[:, :, :4]
        found.append(nibbles.reshape(len(lines), -1)[:, :bits])
    return np.stack(found)


def read_events(folder: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Of each event how often it happened in each recorded cycle, int64 (cycles,)."""
    return _columns(folder / EVENTS, names)


def read_totals(folder: Path, names: Sequence[str]) -> list[dict[str, int]]:
    """How often each event happened, queue by queue."""
    columns = _columns(folder / TOTALS, names)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _columns(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    rows = np.loadtxt(path, dtype=np.int64, ndmin=2)
    return dict(zip(names, rows.T, strict=True))
