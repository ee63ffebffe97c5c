"""The accelerator's recurrence in plain Python: lists of all that happened, nothing compiled."""

from collections import Counter
from dataclasses import dataclass, field

from golden.accelerator.assemble import Addresses
from golden.accelerator.counters import CAUSES, Counters
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.plan import Pass, Plan
from golden.accelerator.program import LayerRun, Program
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.machine.timing import (
    DESCRIPTOR_LATENCY,
    LOADS_UNDER_WAY,
    STORE_LATENCY,
)
from sim.bus.axi_reader import read_transfer
from sim.bus.axi_writer import write_transfer
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.pass_cycles import pass_cycles

SLOTS = 2
"""Halves of every buffer"""


class Ports:
    """The bus engines before a memory of fixed latency and rate."""

    def __init__(self, config: MachineConfig) -> None:
        self._ports = MemoryPorts.of(config)

    def read(self, cycle: int, address: int, words: int) -> tuple[int, int]:
        """A command offered from ``cycle`` on: when it is accepted, when its last word comes."""
        ports = self._ports
        parameters = ports.reader_parameters
        accepted, _, last = read_transfer(ports.reader, parameters, address, words, cycle)
        return accepted, last

    def write(self, cycle: int, address: int, words: int, delay: int) -> tuple[int, int, int]:
        """A command offered from ``cycle`` on, its words from ``delay`` after its acceptance.

        Returns when it is accepted, when its last word is, and when it is completed.
        """
        ports = self._ports
        accepted = max(cycle, int(ports.writer.state[0]))
        parameters, begin = ports.writer_parameters, accepted + delay
        _, _, last, done = write_transfer(ports.writer, parameters, address, words, cycle, begin)
        return accepted, last, done


@dataclass
class LayerTimeline:
    """What happened when in one layer; cycles count from the queue's start."""

    began: int
    """The layer before had ended, or the queue started"""
    started: int
    """The loader takes it on"""
    starts: list[int] = field(default_factory=list)
    """of passes"""
    ends: list[int] = field(default_factory=list)
    """of passes: the array is idle again"""
    loads: list[tuple[str, int, int]] = field(default_factory=list)
    """Kind of load, when it was asked for, when its last word came"""
    stores: list[tuple[int, int, int]] = field(default_factory=list)
    """Of blocks of results: when the writer took them on, had all words, memory had them"""
    ended: int = 0
    """Memory has all results"""
    counts: Counter[str] = field(default_factory=Counter)
    """By names of :class:`golden.accelerator.counters.Counters`"""

    @property
    def cycles(self) -> int:
        """Cycles from the end of the layer before to this one's, as LAYER_CYCLES counts them."""
        return self.ended - self.began

    @property
    def counters(self) -> Counters:
        """What the layer adds to the counters; its cycles are those that have a cause."""
        cycles = sum(self.counts[f"cycles_{cause}"] for cause in CAUSES)
        return Counters(**self.counts, cycles=cycles)


Interval = tuple[int, int]
"""Cycles from the first to before the second; empty if that is not later."""


def _overlap(first: Interval, second: Interval) -> int:
    """Cycles that lie in both."""
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))


class _Engines:
    """Loader, sequencer and store, which go through one layer after the other.

    ``loader``, ``sequencer`` and ``store`` are the first cycles in which each can go on.
    """

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.loader = self.sequencer = self.store = 1
        self.sequencer_took = self.store_took = 0
        """When they took on their layers"""
        self.layer_ended = 0
        self.port_free = 0
        """From when on the queue leaves the read port to the loader"""
        self.read_ends: list[int] = []
        self.loaded: dict[str, list[int]] = {"weights": [], "inputs": [], "previous": []}
        self.freed: dict[str, list[int]] = {"weights": [], "inputs": [], "previous": []}
        self.drained: list[int] = []
        self.waited_previous: list[Interval] = []
        """When the store had blocks, but not their previous accumulators"""

    def read(self, cycle: int, address: int, words: int) -> tuple[int, int]:
        """A read wanted from ``cycle`` on: when it is accepted, when its last word comes."""
        if len(self.read_ends) >= LOADS_UNDER_WAY:
            cycle = max(cycle, self.read_ends[-LOADS_UNDER_WAY] + 1)
        accepted, last = self.ports.read(cycle, address, words)
        self.read_ends.append(last)
        return accepted, last

    def fetch(self, cycle: int, address: int, words: int) -> int:
        """The queue asks for a descriptor from ``cycle`` on: when it came."""
        accepted, last = self.read(cycle, address, words)
        self.port_free = accepted + 1
        return last

    def take_on(self, came: int) -> LayerTimeline:
        """The engines take on the layer whose descriptor came, each when the one before has."""
        line = LayerTimeline(
            self.layer_ended, max(came + DESCRIPTOR_LATENCY, self.loader, self.sequencer_took + 1)
        )
        offered = line.started + 1
        idle = self.sequencer, max(offered, self.sequencer, self.store_took + 1) + 1
        blocked = _overlap(idle, (offered, self.store_took + 1))
        line.counts["cycles_results"] += blocked
        line.counts["cycles_fetch"] += idle[1] - idle[0] - blocked
        self.sequencer_took = idle[1] - 1
        self.store_took = max(self.sequencer_took, self.layer_ended) + 1
        self.loader = offered
        self.sequencer, self.store = self.sequencer_took + 1, self.store_took + 1
        return line


class _Layer:
    """One layer on its way through the engines; each method moves one of them through a pass."""

    def __init__(
        self, run: LayerRun, places: Addresses, engines: _Engines, line: LayerTimeline
    ) -> None:
        self.run, self.plan, self.places = run, run.plan, places
        self.engines, self.line = engines, line
        self.duration = pass_cycles(run)
        self.temporal = run.mode is Mode.TEMPORAL
        self.held: Interval = (0, 0)
        """When the loader waited for the layer before"""
        self.weight_place = _weight_places(self.plan)
        self.result_place = _result_places(self.plan)
        engines.store += self.plan.chunks - 1

    def ask(self, kind: str, buffer: str, begins: bool, ends: bool, address: int, words: int):
        """The loader asks for one load; ``begins`` takes a half of ``buffer``, ``ends`` fills."""
        engines = self.engines
        cycle = max(engines.loader, engines.port_free)
        waits = self.run.weights_wait if kind == "weights" else self.run.inputs_wait
        if waits and engines.loader <= engines.layer_ended:
            self.held = engines.loader, engines.layer_ended + 1
            cycle = max(cycle, self.held[1])
        number = len(engines.loaded[buffer])
        if begins and number >= SLOTS:
            cycle = max(cycle, engines.freed[buffer][number - SLOTS] + 1)
        accepted, last = engines.read(cycle, address, words)
        if ends:
            engines.loaded[buffer].append(last)
        self.line.loads.append((kind, accepted, last))
        self.line.counts[f"bytes_{kind}"] += words * self.plan.units.bus_bytes
        engines.loader = accepted + 1

    def load(self, one: Pass) -> None:
        """The loader's four steps of a pass."""
        plan, places, engines = self.plan, self.places, self.engines
        units = plan.units
        if one.new_weights:
            address = places.weights + self.weight_place[one.group, one.chunk] * units.bus_bytes
            words = plan.weight_words(one.group, one.chunk)
            self.ask("weights", "weights", True, True, address, words)
        else:
            engines.loader += 1
        if one.new_inputs:
            first, end = plan.input_range(one.row_block)
            offset, words = first * units.entry_bytes, (end - first) * units.entry_words
            whole = not self.temporal
            self.ask("inputs", "inputs", True, whole, places.inputs + offset, words)
            if self.temporal:
                self.ask("references", "inputs", False, True, places.reference + offset, words)
            else:
                engines.loader += 1
        else:
            engines.loader += 2
        if one.last_chunk and self.temporal:
            address = (
                places.previous + self.result_place[one.row_block, one.group] * units.bus_bytes
            )
            words = plan.block_words(one.row_block, one.group)
            self.ask("previous", "previous", True, True, address, words)
        else:
            engines.loader += 1

    def compute(self, one: Pass, following: Pass | None) -> None:
        """The sequencer waits for operands and a place for results, then runs the pass."""
        engines, line = self.engines, self.line
        start = engines.sequencer
        for kind in ("weights", "inputs"):
            there = engines.loaded[kind][len(engines.freed[kind])] + 1
            if there > start:
                held = _overlap((start, there), self.held)
                line.counts["cycles_dependency"] += held
                line.counts[f"cycles_{kind}"] += there - start - held
                start = there
        block = len(engines.drained) - SLOTS
        if one.last_chunk and block >= 0:
            free = engines.drained[block] + 1
            if free > start:
                previous = _overlap((start, free), engines.waited_previous[block])
                line.counts["cycles_previous"] += previous
                line.counts["cycles_results"] += free - start - previous
                start = free
        end = start + self.duration[one.row_block][one.chunk]
        line.starts.append(start)
        line.ends.append(end)
        line.counts["cycles_compute"] += end - start + 1
        engines.sequencer = end + 1
        if following is None or following.new_weights:
            engines.freed["weights"].append(end)
        if following is None or following.new_inputs:
            engines.freed["inputs"].append(end)

    def drain(self, one: Pass) -> None:
        """The store sends the results that a pass completed."""
        plan, engines, line = self.plan, self.engines, self.line
        offer = max(engines.store, line.ends[-1] + 1)
        there = offer
        if self.temporal:
            there = max(offer, engines.loaded["previous"][len(engines.freed["previous"])] + 1)
        engines.waited_previous.append((offer, there))
        place = self.result_place[one.row_block, one.group] * plan.units.bus_bytes
        words = plan.block_words(one.row_block, one.group)
        accepted, drained, completed = engines.ports.write(
            there, self.places.results + place, words, STORE_LATENCY
        )
        line.stores.append((accepted, drained, completed))
        line.counts["bytes_results"] += words * plan.units.bus_bytes
        engines.drained.append(drained)
        if self.temporal:
            engines.freed["previous"].append(drained)
        engines.store = drained + 1 + plan.chunks - 1
        line.ended = max(line.ended, drained + 1, completed + 1)

    def go_through(self) -> None:
        """All passes."""
        passes = list(self.plan.passes())
        for one, following in zip(passes, [*passes[1:], None], strict=True):
            self.load(one)
            self.compute(one, following)
            if one.last_chunk:
                self.drain(one)
        self.engines.layer_ended = self.line.ended


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


def naive_timeline(program: Program) -> tuple[list[LayerTimeline], Counters]:
    """As :func:`sim.scheduler.accelerator.queue_timeline`, on the deterministic memory."""
    engines = _Engines(Ports(program.config))
    lines: list[LayerTimeline] = []

    def fetch(number: int, cycle: int) -> int:
        address = program.queue + number * DESCRIPTOR_BYTES
        return engines.fetch(cycle, address, DESCRIPTOR_BYTES // program.config.bus_bytes)

    came = fetch(0, 1)
    for number, (run, places) in enumerate(zip(program.runs, program.addresses, strict=True)):
        line = engines.take_on(came)
        line.counts["bytes_descriptors"] = DESCRIPTOR_BYTES
        if number + 1 < len(program.runs):
            came = fetch(number + 1, line.started + 1)
        _Layer(run, places, engines, line).go_through()
        lines.append(line)
    lines[-1].counts["cycles_idle"] = engines.layer_ended + 2 - engines.sequencer
    total = Counters(cycles=1, cycles_fetch=1)
    for line in lines:
        total += line.counters
    return lines, total
