"""Exact cycles of the accelerator, layer by layer, without ticking.

Three engines walk the passes of a layer: the loader, the sequencer and the store. Each waits for
events of the others, which are cycles computed before: the recurrence is derived in
docs/timing.md and is the timing contract of :class:`rtl.core.Core`.
"""

from dataclasses import dataclass, field
from typing import Protocol

from golden.accelerator.assemble import Addresses
from golden.accelerator.counters import Counters
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.plan import Pass, Plan
from golden.accelerator.program import LayerRun, Program
from golden.matmul import Mode
from golden.timing import (
    DESCRIPTOR_LATENCY,
    LOADS_UNDER_WAY,
    STORE_LATENCY,
)
from sim.pass_cycles import pass_cycles

SLOTS = 2
"""Halves of every buffer"""


class ReadPort(Protocol):
    """The way from memory: in order."""

    def read(self, cycle: int, address: int, words: int) -> tuple[int, int]:
        """A command offered from ``cycle`` on: when it is accepted, when its last word comes."""


class WritePort(Protocol):
    """The way to memory: in order."""

    def write(self, cycle: int, address: int, words: int, delay: int) -> tuple[int, int, int]:
        """A command offered from ``cycle`` on, its words from ``delay`` after its acceptance.

        Returns when it is accepted, when its last word is, and when it is completed.
        """


@dataclass
class LayerTimeline:
    """What happened when in one layer; cycles count from the queue's start."""

    started: int
    """The engines start"""
    fetched_from: int = 0
    """Its descriptor is asked for"""
    starts: list[int] = field(default_factory=list)
    """of passes"""
    ends: list[int] = field(default_factory=list)
    """of passes: the array is idle again"""
    loads: list[tuple[str, int, int]] = field(default_factory=list)
    """Kind of load, when it was asked for, when its last word came"""
    stores: list[tuple[int, int, int]] = field(default_factory=list)
    """Of blocks of results: when the writer took them on, had all words, memory had them"""
    ended: int = 0
    """All engines have ended"""
    counters: Counters = field(default_factory=Counters)

    @property
    def cycles(self) -> int:
        """Cycles of the layer, its descriptor's fetch included."""
        return self.ended - self.fetched_from + 1


class _Layer:
    """One layer's engines; each method advances one of them through a pass."""

    def __init__(self, run: LayerRun, places: Addresses, started: int, reader, writer) -> None:
        self.run, self.plan, self.places = run, run.plan, places
        self.reader: ReadPort = reader
        self.writer: WritePort = writer
        self.line = LayerTimeline(started)
        self.duration = pass_cycles(run)
        self.temporal = run.mode is Mode.TEMPORAL
        first = started + 1
        self.loader = self.sequencer = first
        self.store = first + self.plan.chunks - 1
        self.tag_ends: list[int] = []
        self.loaded: dict[str, list[int]] = {"weights": [], "inputs": [], "previous": []}
        self.freed: dict[str, list[int]] = {"weights": [], "inputs": [], "previous": []}
        self.drained: list[int] = []
        self.words = dict.fromkeys(("weights", "inputs", "references", "previous", "results"), 0)
        self.waits = {"weights": 0, "inputs": 0, "results": 0, "previous": 0}
        self.compute = 0
        self.waiting_results: Intervals = []
        self.waiting_previous: Intervals = []
        self.weight_place = _weight_places(self.plan)
        self.result_place = _result_places(self.plan)

    def ask(self, kind: str, buffer: str, begins: bool, ends: bool, address: int, words: int):
        """The loader asks for one load; ``begins`` takes a half of ``buffer``, ``ends`` fills."""
        cycle = self.loader
        number = len(self.loaded[buffer])
        if begins and number >= SLOTS:
            cycle = max(cycle, self.freed[buffer][number - SLOTS] + 1)
        if len(self.tag_ends) >= LOADS_UNDER_WAY:
            cycle = max(cycle, self.tag_ends[-LOADS_UNDER_WAY] + 1)
        accepted, last = self.reader.read(cycle, address, words)
        self.tag_ends.append(last)
        if ends:
            self.loaded[buffer].append(last)
        self.line.loads.append((kind, accepted, last))
        self.words[kind] += words
        self.loader = accepted + 1

    def load(self, one: Pass) -> None:
        """The loader's four steps of a pass."""
        plan, places, bus = self.plan, self.places, self.plan.units.bus_bytes
        if one.new_weights:
            address = places.weights + self.weight_place[one.group, one.chunk] * bus
            words = plan.weight_words(one.group, one.chunk)
            self.ask("weights", "weights", True, True, address, words)
        else:
            self.loader += 1
        if one.new_inputs:
            first, end = plan.input_range(one.row_block)
            offset, words = first * plan.units.entry_bytes, (end - first) * plan.units.entry_words
            whole = not self.temporal
            self.ask("inputs", "inputs", True, whole, places.inputs + offset, words)
            if self.temporal:
                self.ask("references", "inputs", False, True, places.reference + offset, words)
            else:
                self.loader += 1
        else:
            self.loader += 2
        if one.last_chunk and self.temporal:
            address = places.previous + self.result_place[one.row_block, one.group] * bus
            words = plan.block_words(one.row_block, one.group)
            self.ask("previous", "previous", True, True, address, words)
        else:
            self.loader += 1

    def compute_pass(self, one: Pass, following: Pass | None) -> None:
        """The sequencer waits for operands and a place for results, then runs the pass."""
        start = self.sequencer
        for kind in ("weights", "inputs"):
            there = self.loaded[kind][len(self.freed[kind])] + 1
            self.waits[kind] += max(0, there - start)
            start = max(start, there)
        block = len(self.drained)
        if one.last_chunk and block >= SLOTS:
            free = self.drained[block - SLOTS] + 1
            self.waiting_results.append((start, free))
            start = max(start, free)
        end = start + self.duration[one.row_block][one.chunk]
        self.line.starts.append(start)
        self.line.ends.append(end)
        self.compute += end - start + 1
        self.sequencer = end + 1
        if following is None or following.new_weights:
            self.freed["weights"].append(end)
        if following is None or following.new_inputs:
            self.freed["inputs"].append(end)

    def drain(self, one: Pass) -> None:
        """The store sends the results that a pass completed."""
        plan, block = self.plan, len(self.drained)
        offer = max(self.store, self.line.ends[-1] + 1)
        if self.temporal:
            there = self.loaded["previous"][block] + 1
            self.waiting_previous.append((offer, there))
            offer = max(offer, there)
        place = self.result_place[one.row_block, one.group] * plan.units.bus_bytes
        words = plan.block_words(one.row_block, one.group)
        accepted, drained, completed = self.writer.write(
            offer, self.places.results + place, words, STORE_LATENCY
        )
        self.line.stores.append((accepted, drained, completed))
        self.words["results"] += words
        self.drained.append(drained)
        self.freed["previous"].append(drained)
        self.store = drained + 1 + plan.chunks - 1

    def timeline(self) -> LayerTimeline:
        """All of it."""
        passes = list(self.plan.passes())
        for one, following in zip(passes, [*passes[1:], None], strict=True):
            self.load(one)
            self.compute_pass(one, following)
            if one.last_chunk:
                self.drain(one)
        line = self.line
        completed = max(max(drained, done) for _, drained, done in line.stores)
        line.ended = max(self.loader, self.sequencer, completed + 1)
        waits = self.waits
        waits["previous"] = _overlap(self.waiting_results, self.waiting_previous)
        results = sum(max(0, end - start) for start, end in self.waiting_results)
        waits["results"] = results - waits["previous"]
        bus = self.plan.units.bus_bytes
        line.counters = Counters(
            cycles_compute=self.compute,
            cycles_idle=line.ended + 1 - self.sequencer,
            **{f"cycles_{cause}": cycles for cause, cycles in waits.items()},
            **{f"bytes_{kind}": words * bus for kind, words in self.words.items()},
        )
        return line


Intervals = list[tuple[int, int]]
"""Cycles from the first to before the second, in order; empty if the second is not later."""


def _overlap(first: Intervals, second: Intervals) -> int:
    """Cycles that lie in intervals of both."""
    total = a = b = 0
    while a < len(first) and b < len(second):
        start = max(first[a][0], second[b][0])
        end = min(first[a][1], second[b][1])
        total += max(0, end - start)
        if first[a][1] < second[b][1]:
            a += 1
        else:
            b += 1
    return total


def _weight_places(plan: Plan) -> dict[tuple[int, int], int]:
    """Bus words before the weights of each group and chunk."""
    places, place = {}, 0
    for group in range(plan.groups):
        for chunk in range(plan.chunks):
            places[group, chunk] = place
            place += plan.weight_words(group, chunk)
    return places


def _result_places(plan: Plan) -> dict[tuple[int, int], int]:
    """Bus words before the results of each block of rows and group."""
    places = {}
    for group in range(plan.groups):
        place = group * plan.shape.rows * plan.units.row_words
        for row_block in range(plan.row_blocks):
            places[row_block, group] = place
            place += plan.block_words(row_block, group)
    return places


def queue_timeline(
    program: Program, reader: ReadPort, writer: WritePort
) -> tuple[list[LayerTimeline], Counters]:
    """Runs a program whose queue is started in cycle 0: the layers' timelines, all counters.

    The queue's last cycle comes after those of its layers.
    """
    lines: list[LayerTimeline] = []
    cycle, total = 1, Counters()
    for number, (run, places) in enumerate(zip(program.runs, program.addresses, strict=True)):
        words = DESCRIPTOR_BYTES // run.plan.units.bus_bytes
        _, last = reader.read(cycle, program.queue + number * DESCRIPTOR_BYTES, words)
        line = _Layer(run, places, last + DESCRIPTOR_LATENCY, reader, writer).timeline()
        line.fetched_from = cycle
        line.counters += Counters(
            cycles=line.cycles,
            cycles_fetch=line.started + 1 - cycle,
            bytes_descriptors=DESCRIPTOR_BYTES,
        )
        total += line.counters
        lines.append(line)
        cycle = line.ended + 1
    return lines, total + Counters(cycles=1, cycles_fetch=1)
