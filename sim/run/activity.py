"""Which unit of the machine is busy when, for which layer: of a queue that has run.

Whoever saw it run tells of its layers and transfers (:class:`LayerSpan`, :class:`Moved`), in cycles
of the queue: the simulator here, the Verilog in :mod:`tb.probe`. What follows is the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from golden.accelerator.counters import KINDS
from golden.accelerator.program import Program
from golden.vector.run import ChoiceRun, MixedQueue, VectorRun
from sim.bus.memory_ports import MemoryPorts
from sim.bus.transfer_log import BusEngine
from sim.scheduler.accelerator import LayerTimeline, queue_timeline


class Unit(Enum):
    """What can be busy with one thing at a time, by engine."""

    LAYERS = "queue", "layers, in order of their ends"
    CHOICES = "queue", "Defo's choices"
    PASSES = "array", "passes"
    OUTPUT = "output stage", "fused layers"
    VECTOR = "vector unit", "layers"
    READS_DESCRIPTORS = "memory reads", "descriptors"
    READS_WEIGHTS = "memory reads", "weights"
    READS_INPUTS = "memory reads", "inputs"
    READS_REFERENCES = "memory reads", "references"
    READS_PREVIOUS = "memory reads", "previous"
    READS_VECTOR = "memory reads", "vector_read"
    WRITES_RESULTS = "memory writes", "results"
    WRITES_VECTOR = "memory writes", "vector_written"

    @property
    def engine(self) -> str:
        """What it is a part of."""
        return self.value[0]

    @property
    def label(self) -> str:
        """What it is called within its engine."""
        return "vector layers" if self.value[1].startswith("vector") else self.value[1]

    @property
    def moves(self) -> str:
        """The kind of bytes that it moves, as counters name them; empty if none."""
        return self.value[1] if self.engine.startswith("memory") else ""


UNIT_OF = {unit.moves: unit for unit in Unit if unit.moves}
"""By kind of bytes"""


@dataclass(frozen=True, slots=True)
class Busy:
    """A unit at work: from the first to the last cycle, both included."""

    unit: Unit
    layer: int
    """Its place among those that ran"""
    first: int
    last: int
    does: str = ""
    """Of the output stage: whether it loads its ``parameters`` or takes ``results``"""
    moved: int = 0
    """Bytes; of memory from the first to the last word of a transfer"""
    asked: int = 0
    """When the command of a transfer was accepted"""
    done: int = 0
    """When memory had all of it"""

    @property
    def cycles(self) -> int:
        """How long it lasts."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class LayerSpan:
    """What happened to a layer when."""

    began: int
    """The layer before had ended, or the queue started"""
    started: int
    """It was taken on"""
    ended: int
    """It was done for the queue, and all before it"""
    done: int
    """It was done itself"""
    vector: bool = False
    """Whether the vector unit runs it"""
    configured: int | None = None
    """The last cycle before a fused layer took results"""
    left: int | None = None
    """The variant of a choice was left"""
    passes: Sequence[tuple[int, int]] = field(default_factory=list)
    """First and last cycles"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A transfer."""

    layer: int
    kind: str
    """Of :data:`golden.accelerator.counters.KINDS`"""
    size: int
    """Bytes"""
    accepted: int
    first: int
    """The first word was taken"""
    last: int
    done: int


def busy_units(layers: Sequence[LayerSpan], transfers: Iterable[Moved]) -> list[Busy]:
    """All that units did, unit by unit, each in the order of time."""
    found: list[Busy] = []
    for number, layer in enumerate(layers):
        found.append(Busy(Unit.LAYERS, number, layer.began + 1, layer.ended))
        found += [Busy(Unit.PASSES, number, begin, end) for begin, end in layer.passes]
        if layer.left is not None:
            found.append(Busy(Unit.CHOICES, number, layer.started, layer.left))
        elif layer.configured is not None:
            product = layers[number + 1]
            parts = (
                ("parameters", (layer.started + 1, layer.configured)),
                ("results", (layer.configured + 1, product.done)),
            )
            found += [Busy(Unit.OUTPUT, number, *span, does) for does, span in parts]
        elif layer.vector:
            found.append(Busy(Unit.VECTOR, number, layer.started + 1, layer.done))
    found += [
        Busy(
            UNIT_OF[one.kind],
            one.layer,
            one.first,
            one.last,
            moved=one.size,
            asked=one.accepted,
            done=one.done,
        )
        for one in transfers
    ]
    order = {unit: place for place, unit in enumerate(Unit)}
    return sorted(found, key=lambda one: (order[one.unit], one.first))


def simulated_units(queue: Program | MixedQueue) -> list[Busy]:
    """What the units do in a queue, as the simulator has it."""
    counting = MemoryPorts.of(queue.config)
    queue_timeline(queue, counting)
    logged = int(counting.reader.now[0]), int(counting.writer.now[0])
    ports = MemoryPorts.of(queue.config, logged)
    lines, _ = queue_timeline(queue, ports)
    layers = [_span(queue, lines, number) for number in range(len(lines))]
    transfers = [one for engine in (ports.reader, ports.writer) for one in _moved(engine, queue)]
    return busy_units(layers, transfers)


def _span(queue: Program | MixedQueue, lines: Sequence[LayerTimeline], number: int) -> LayerSpan:
    run, line = queue.runs[number], lines[number]
    configured = left = None
    if isinstance(run, ChoiceRun):
        last = lines[number + run.count]
        left = last.ended + 1 if run.measured else last.started
    elif isinstance(run, VectorRun) and run.layer.fused:
        configured = line.streams - 1
    return LayerSpan(
        line.began,
        line.started,
        line.ended,
        line.done,
        isinstance(run, VectorRun),
        configured,
        left,
        list(zip(line.starts, line.ends, strict=True)),
    )


def _moved(engine: BusEngine, queue: Program | MixedQueue) -> list[Moved]:
    return [
        Moved(layer, KINDS[kind], words * queue.config.bus_bytes, accepted, first, last, done)
        for layer, kind, _, words, accepted, first, last, done in engine.rows.tolist()
    ]
