"""Exact cycles of whole denoising steps: the queue of a program on the data that are in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from golden.accelerator.assemble import Addresses
from golden.accelerator.counters import Counters
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.flow.defo import CycleCounter
from golden.machine.config import MachineConfig
from golden.step.program import Choosing, Entry, StepProgram
from golden.step.sampling import ProgramDenoiser
from golden.vector.descriptor import PARAMETER_BYTES, Op, VectorDescriptor
from golden.vector.run import ChoiceRun, MixedQueue, VectorRun
from golden.workload.workload import Workload
from sim.bus.memory_ports import MemoryPorts
from sim.flow.defo_unit import DefoTable
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
    """Their cycles, as the Defo Unit measures them: from the choice to the end of the variant"""


class StepSimulator:
    """A denoiser for samplers that computes in golden and counts the cycles of every step.

    ``steps`` grows by one :class:`StepTimeline` with each call. Like
    :class:`golden.step.sampling.ProgramDenoiser` for batches of one image.
    """

    def __init__(
        self,
        program: StepProgram,
        workload: Workload,
        labels: np.ndarray | None = None,
        machine: MemoryPorts | None = None,
    ) -> None:
        self._program = program
        self._ports = machine
        self._runs: list[LayerRun | VectorRun | ChoiceRun] = []
        self._entries: list[Entry] = []
        self._modes: dict[str, Mode] = {}
        self.steps: list[StepTimeline] = []
        self.queue: MixedQueue | None = None
        """Of the last step"""
        self.table: DefoTable | None = None
        """What the Defo Unit keeps, in flows in which the machine chooses"""
        if isinstance(program.flow, Choosing):
            self.table = DefoTable(CycleCounter.of(program.config), program.flow.otherwise)
        self.denoiser = ProgramDenoiser(program, workload, labels, self._watch, self._choose)

    @property
    def memory(self) -> np.ndarray:
        """What golden leaves, uint8."""
        return self.denoiser.memory

    def __call__(self, image: np.ndarray, time: int) -> np.ndarray:
        """Predicted noise, as the program computes it."""
        self._runs, self._entries, self._modes = [], [], {}
        found = self.denoiser(image, time)
        queue = self._program.queues[self._program.queue_of(len(self.steps))]
        addresses = tuple(_addresses(entry) for entry in self._entries)
        config = self._program.config
        ports = MemoryPorts.of(config) if self._ports is None else self._ports
        fetched = tuple(entry.address for entry in self._entries)
        self.queue = MixedQueue(tuple(self._runs), addresses, queue.base, config, fetched)
        layers, counters = queue_timeline(self.queue, ports)
        measured = self._measured(layers)
        if self.table:
            for layer, cycles in measured.items():
                self.table.measure(len(self.steps), layer, cycles)
        timeline = StepTimeline(self._entries, layers, counters, self._modes, measured)
        self.steps.append(timeline)
        return found

    def _choose(self, step: int, entry: Entry) -> Mode:
        assert self.table
        mode = self._modes[entry.node] = self.table.mode(step, entry.node)
        return mode

    def _measured(self, layers: list[LayerTimeline]) -> dict[str, int]:
        """A variant is left the cycle after its last layer ended."""
        found = {}
        for number, (entry, run) in enumerate(zip(self._entries, self._runs, strict=True)):
            if isinstance(run, ChoiceRun):
                last = layers[number + run.count]
                found[entry.node] = last.ended + 1 - layers[number].started
        return found

    def _watch(self, _: int, entry: Entry, run: LayerRun | None) -> None:
        self._entries.append(entry)
        if entry.variants:
            self._runs.append(ChoiceRun(len(entry.variants[self._modes[entry.node]])))
            return
        if run is not None:
            self._runs.append(run)
            return
        assert isinstance(entry.descriptor, VectorDescriptor)
        config = self._program.config
        groups = channel_groups(entry.descriptor, self.memory, config)
        self._runs.append(VectorRun(entry.descriptor, config, groups))


def products_alone(queue: MixedQueue) -> int:
    """Cycles of a step's products in a queue of their own, all of whose sums are stored."""
    products = [
        (replace(run, output=False, discard=False), places)
        for run, places in zip(queue.runs, queue.addresses, strict=True)
        if isinstance(run, LayerRun)
    ]
    runs, addresses = zip(*products, strict=True)
    _, counters = queue_timeline(MixedQueue(runs, addresses, queue.queue, queue.config))
    return counters.cycles


def channel_groups(layer: VectorDescriptor, memory: np.ndarray, config: MachineConfig) -> int:
    """Runs of channels with the same group in the parameters that lie in ``memory`` uint8."""
    if layer.op != Op.GROUPS:
        return 1
    size = layer.rows * config.vector_lanes * PARAMETER_BYTES
    words = memory[layer.p_address : layer.p_address + size].view("<u8")
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
