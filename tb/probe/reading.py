"""What a probe wrote: the queues that ran, their descriptors and what the machine's units did."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from golden.accelerator.counters import KINDS
from golden.errors import DittosimError
from golden.step.program import Entry, StepProgram
from golden.vector.descriptor import VectorDescriptor
from rtl.scheduler.layouts import Load
from sim.run.activity import Busy, LayerSpan, Moved, busy_units

KIND_OF = {
    Load.WEIGHTS: "weights",
    Load.INPUTS: "inputs",
    Load.REFERENCE: "references",
    Load.PREVIOUS: "previous",
    Load.DESCRIPTOR: "descriptors",
    Load.VECTOR: "vector_read",
    Load.OUTPUT: "vector_read",
    Load.ADDENDS: "vector_read",
}
assert set(KIND_OF.values()) < set(KINDS)


@dataclass(frozen=True)
class Seen:
    """An event, in cycles from the queue's start."""

    cycle: int
    name: str
    fields: tuple[int, ...]


@dataclass(frozen=True)
class SeenQueue:
    """A queue that ran on the Verilog."""

    entries: Sequence[Entry]
    """Whose descriptors were fetched, in order"""
    units: list[Busy]


def read_probe(path: Path, program: StepProgram) -> list[SeenQueue]:
    """Every queue of the program's steps that ran; DittosimError if the file tells of others."""
    found = [_queue(events, program) for events in _queues(path)]
    # The first fills the scratchpad, if there is one that does.
    return found[1:] if program.loading else found


def _queues(path: Path) -> Iterator[list[Seen]]:
    """Events from one start of the machine to the next."""
    events: list[Seen] = []
    started = 0
    for line in path.read_text().splitlines():
        cycle, name, *fields = line.split()
        if name == "go":
            if events:
                yield events
            events, started = [], int(cycle)
        else:
            events.append(Seen(int(cycle) - started, name, tuple(map(int, fields))))
    if events:
        yield events


class _Events:
    """By name."""

    def __init__(self, events: Sequence[Seen]) -> None:
        self._by_name: dict[str, list[Seen]] = {}
        for event in events:
            self._by_name.setdefault(event.name, []).append(event)

    def of(self, *names: str) -> list[Seen]:
        """Of these names, in the order of time."""
        found = [event for name in names for event in self._by_name.get(name, [])]
        return sorted(found, key=lambda event: event.cycle)

    def cycles(self, name: str) -> list[int]:
        """When they were."""
        return [event.cycle for event in self.of(name)]


def _queue(seen: Sequence[Seen], program: StepProgram) -> SeenQueue:
    events = _Events(seen)
    queues = [*program.queues.values(), *([program.loading] if program.loading else [])]
    known = {entry.address: entry for queue in queues for entry in queue.every()}
    entries: list[Entry] = []
    for event in events.of("read"):
        load, number, address, _ = event.fields
        if load == Load.DESCRIPTOR:
            if number != len(entries) or address not in known:
                raise DittosimError(f"the probe saw an unknown descriptor {number}, {address:#x}")
            entries.append(known[address])
    transfers = _transfers(entries, events, program.config.bus_bytes)
    return SeenQueue(entries, busy_units(_layers(entries, events), transfers))


def _layers(entries: Sequence[Entry], events: _Events) -> list[LayerSpan]:
    starts = events.of("start", "start_vector", "start_fused", "choose")
    ends = {kind: deque(events.cycles(f"end_{kind}")) for kind in ("product", "vector", "fused")}
    retired, left = deque(events.cycles("retire")), deque(events.cycles("leave"))
    configured = events.cycles("configured")
    passes = zip(events.cycles("pass"), events.cycles("pass_end"), strict=True)
    # A pass is seen running from its second cycle on.
    spans = deque((begin - 1, end) for begin, end in passes)
    taken = deque(events.cycles("sequence"))
    found: list[LayerSpan] = []
    began = 0
    for entry, start in zip(entries, starts, strict=True):
        # A choice has ended the cycle after it was taken.
        ended, done = retired.popleft(), start.cycle + 1
        if entry.kind != "choose":
            done = ends[_engine(entry)].popleft()
        own: list[tuple[int, int]] = []
        if entry.kind == "product":
            taken.popleft()
            while spans and (not taken or spans[0][0] < taken[0]):
                own.append(spans.popleft())
        found.append(
            LayerSpan(
                began,
                start.cycle,
                ended,
                done,
                entry.kind == "vector",
                # Its last cycle is the one before that in which it is seen to be over.
                next(c for c in configured if c > start.cycle) - 1
                if _engine(entry) == "fused"
                else None,
                left.popleft() if entry.kind == "choose" else None,
                own,
            )
        )
        began = ended
    return found


def _engine(entry: Entry) -> str:
    """Which of them runs a layer: ``product``, ``vector`` or ``fused``."""
    fused = isinstance(entry.descriptor, VectorDescriptor) and entry.descriptor.fused
    return "fused" if fused else entry.kind


def _transfers(entries: Sequence[Entry], events: _Events, bus_bytes: int) -> Iterator[Moved]:
    bursts = zip(
        events.of("read_burst"), events.cycles("r_first"), events.cycles("r_last"), strict=True
    )
    reads = deque((*burst, burst[-1]) for burst in bursts)
    for event in events.of("read"):
        load, number, address, words = event.fields
        kind = KIND_OF[Load(load)]
        yield _joined(event.cycle, number, kind, (address, words), reads, bus_bytes)
    answers = events.cycles("answer")
    writes = deque(
        zip(
            events.of("write_burst"),
            events.cycles("w_first"),
            events.cycles("w_last"),
            answers,
            strict=True,
        )
    )
    # A write belongs to the layer that its store took on last.
    taken = {
        "product": events.cycles("store"),
        "vector": events.cycles("start_vector"),
        "fused": events.cycles("start_fused"),
    }
    layers = {
        engine: [number for number, entry in enumerate(entries) if _engine(entry) == engine]
        for engine in taken
    }
    for event in events.of("write"):
        of_vector, of_fused, address, words = event.fields
        engine = "vector" if of_vector else "fused" if of_fused else "product"
        moved = "results" if engine == "product" else "vector_written"
        number = layers[engine][bisect_left(taken[engine], event.cycle) - 1]
        yield _joined(event.cycle, number, moved, (address, words), writes, bus_bytes)


def _joined(
    accepted: int,
    layer: int,
    kind: str,
    asked: tuple[int, int],
    bursts: deque[tuple[Seen, int, int, int]],
    bus_bytes: int,
) -> Moved:
    """The bursts of a transfer, which take its words in order."""
    address, left = asked
    first = last = done = -1
    while left > 0:
        burst, begin, last, done = bursts.popleft()
        at, length = burst.fields
        if at != address:
            raise DittosimError(f"the probe saw a burst at {at:#x}, not at {address:#x}")
        first = begin if first < 0 else first
        left -= length + 1
        address += (length + 1) * bus_bytes
    return Moved(layer, kind, asked[1] * bus_bytes, accepted, first, last, done)
