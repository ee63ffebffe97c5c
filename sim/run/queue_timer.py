"""Times the queues of a program's steps, one after the other, as their layers become known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from golden.accelerator.assemble import Addresses
from golden.accelerator.counters import Counters
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.flow.defo import CycleCounter
from golden.step.program import Choosing, Entry, StepProgram
from golden.vector.descriptor import PARAMETER_BYTES, Op, VectorDescriptor
from golden.vector.run import ChoiceRun, MixedQueue, VectorRun
from sim.bus.memory_ports import MemoryPorts
from sim.dram.counts import DramCounts
from sim.flow.defo_unit import DefoTable
from sim.run.array_events import ArrayEvents, array_events
from sim.run.cycle_model import CycleModel
from sim.scheduler.accelerator import LayerTimeline, queue_timeline


@dataclass(frozen=True)
class StepTimeline:
    """A step, layer by layer."""

    entries: Sequence[Entry]
    layers: list[LayerTimeline]
    """Of the entries"""
    counters: Counters
    """Of all"""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    """Of the layers for which the machine chose one"""
    measured: Mapping[str, int] = field(default_factory=dict)
    """Their cycles, as the Defo Unit measures them: from the choice to the end of the variant; of
    steps in which it does"""
    array: Sequence[tuple[Mode, ArrayEvents] | None] = ()
    """What the tiles do in each of the entries, if that was to be counted; None for others than
    products"""
    dram: DramCounts | None = None
    """What the DRAM did, of a machine on one"""


class QueueTimer:
    """Takes every layer of a step in order (:meth:`add`), then times it (:meth:`end`)."""

    def __init__(
        self,
        program: StepProgram,
        machine: MemoryPorts | None = None,
        *,
        events: bool = False,
        model: CycleModel | None = None,
    ) -> None:
        """``events``: what the tiles do is counted, too. ``model`` stands for the tiles."""
        self._program = program
        self._events = events
        self._model = model
        self._ports = machine
        self._runs: list[LayerRun | VectorRun | ChoiceRun] = []
        self._entries: list[Entry] = []
        self._modes: dict[str, Mode] = {}
        self._vectors: dict[int, VectorRun] = {}
        self.steps: list[StepTimeline] = []
        """Those that were timed"""
        self.queue: MixedQueue | None = None
        """Of the last step"""
        self.table: DefoTable | None = None
        """What the Defo Unit keeps, in flows in which the machine chooses"""
        if isinstance(program.flow, Choosing):
            self.table = DefoTable(CycleCounter.of(program.config), program.flow.otherwise)

    def choose(self, step: int, entry: Entry) -> Mode:
        """The mode in which the machine runs the layer of a choice."""
        assert self.table
        mode = self._modes[entry.node] = self.table.mode(step, entry.node)
        return mode

    def add(self, entry: Entry, run: LayerRun | None) -> None:
        """The next entry; of products with what they multiply."""
        self._entries.append(entry)
        if entry.variants:
            assert self.table
            count = len(entry.variants[self._modes[entry.node]])
            self._runs.append(ChoiceRun(count, self.table.measures(len(self.steps))))
        else:
            self._runs.append(run or self._vector(entry))

    def end(self) -> StepTimeline:
        """Times the step."""
        program, number = self._program, len(self.steps)
        queue = program.queues[program.queue_of(number)]
        addresses = tuple(_addresses(entry) for entry in self._entries)
        fetched = tuple(entry.address for entry in self._entries)
        config = program.config
        self.queue = MixedQueue(tuple(self._runs), addresses, queue.base, config, fetched)
        ports = MemoryPorts.of(config) if self._ports is None else self._ports
        layers, counters = self._timeline(self.queue, ports)
        measured = self._measured(layers)
        if self.table:
            for layer, cycles in measured.items():
                self.table.measure(number, layer, cycles)
        array = [self._array(run) for run in self._runs] if self._events else ()
        dram = DramCounts.of(ports.dram) if ports.on_dram else None
        timeline = StepTimeline(self._entries, layers, counters, self._modes, measured, array, dram)
        self.steps.append(timeline)
        self._runs, self._entries, self._modes = [], [], {}
        return timeline

    def _vector(self, entry: Entry) -> VectorRun:
        """The same in every step: its parameters are constants."""
        if entry.address not in self._vectors:
            assert isinstance(entry.descriptor, VectorDescriptor)
            groups = _channel_groups(entry.descriptor, self._program)
            run = VectorRun(entry.descriptor, self._program.config, groups)
            self._vectors[entry.address] = run
        return self._vectors[entry.address]

    def _timeline(
        self, queue: MixedQueue, ports: MemoryPorts
    ) -> tuple[list[LayerTimeline], Counters]:
        model = self._model
        if model is None:
            return queue_timeline(queue, ports)
        timed = [model.timed(run) for run in queue.runs if isinstance(run, LayerRun)]
        moved = iter(timed)
        runs = (next(moved)[0] if isinstance(run, LayerRun) else run for run in queue.runs)
        cycles = (each for _, each in timed)
        return queue_timeline(replace(queue, runs=tuple(runs)), ports, lambda _: next(cycles))

    def _array(self, run: LayerRun | VectorRun | ChoiceRun) -> tuple[Mode, ArrayEvents] | None:
        if not isinstance(run, LayerRun):
            return None
        return run.mode, self._model.events(run) if self._model else array_events(run)

    def _measured(self, layers: list[LayerTimeline]) -> dict[str, int]:
        """A variant is left the cycle after its last layer ended."""
        found = {}
        for number, (entry, run) in enumerate(zip(self._entries, self._runs, strict=True)):
            if isinstance(run, ChoiceRun) and run.measured:
                last = layers[number + run.count]
                found[entry.node] = last.ended + 1 - layers[number].started
        return found


def _channel_groups(layer: VectorDescriptor, program: StepProgram) -> int:
    """Runs of channels with the same group in the parameters of GROUPS."""
    if layer.op != Op.GROUPS:
        return 1
    end = layer.p_address + layer.rows * program.config.vector_lanes * PARAMETER_BYTES
    assert end <= program.constant_bytes
    words = program.memory[layer.p_address : end].view("<u8")
    return 1 + int(np.count_nonzero(np.diff(words >> np.uint64(55))))


def _addresses(entry: Entry) -> Addresses | None:
    descriptor = entry.descriptor
    if not isinstance(descriptor, Descriptor):
        return None
    return Addresses(
        descriptor.inputs_address,
        descriptor.weights_address,
        descriptor.results_address,
        descriptor.reference_address,
        descriptor.previous_address,
    )
