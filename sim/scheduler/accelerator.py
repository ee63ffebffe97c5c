"""Exact cycles of the accelerator, layer by layer, without ticking.

Three engines walk the passes of layers: the loader, the sequencer and the store, each up to a layer
ahead of the next. Each waits for events of the others, which are cycles computed before: the
recurrence is derived in docs/timing.md and is the timing contract of :class:`rtl.top.core.Core`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from golden.accelerator.assemble import Addresses
from golden.accelerator.counters import CAUSES, KINDS, Counters
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.program import LayerRun, Program
from golden.difference.matmul import Mode
from golden.vector.run import ChoiceRun, MixedQueue, VectorRun
from sim.blocks.queue_columns import COUNTED
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.engine_layouts import CHOICE, LAYER, LOADS, MEASURED, SIZES, Machine, Trace
from sim.scheduler.engines import run_queue
from sim.scheduler.pass_cycles import pass_cycles
from sim.vector.layer import VECTOR, vector_sizes

_CAUSES = [COUNTED.index(f"cycles_{cause}") for cause in CAUSES]
_NEAR = [COUNTED.index(f"scratchpad_{kind}") for kind in KINDS]
_CYCLES, _FETCH = COUNTED.index("cycles"), COUNTED.index("cycles_fetch")


@dataclass
class LayerTimeline:
    """What happened when in one layer; cycles count from the queue's start."""

    began: int
    """The layer before had ended, or the queue started"""
    started: int
    """It is taken on"""
    done: int
    """Memory has all results; of a fused layer: its parameters have come"""
    ended: int
    """It is done, and all before it"""
    streams: int
    """From when on a fused layer takes results"""
    trace: Trace
    """Of this layer"""

    @property
    def starts(self) -> list[int]:
        """Of passes."""
        return self.trace.starts.tolist()

    @property
    def ends(self) -> list[int]:
        """Of passes: the array is idle again."""
        return self.trace.ends.tolist()

    @property
    def loads(self) -> list[tuple[str, int, int]]:
        """Kind of load, when it was asked for, when its last word came."""
        return [(LOADS[kind], asked, last) for kind, asked, last in self.trace.loads.tolist()]

    @property
    def stores(self) -> list[tuple[int, int, int]]:
        """Of blocks of results: when the writer took them on, had all words, memory had them."""
        return [(accepted, sent, done) for accepted, sent, done in self.trace.stores.tolist()]

    @property
    def counters(self) -> Counters:
        """What the layer adds to the counters; its cycles are those that have a cause."""
        return Counters(*self.trace.counts.tolist())

    @property
    def cycles(self) -> int:
        """Cycles from the end of the layer before to this one's, as LAYER_CYCLES counts them."""
        return self.ended - self.began


def queue_timeline(
    program: Program | MixedQueue,
    ports: MemoryPorts | None = None,
    passes_of: Callable[[LayerRun], np.ndarray] = pass_cycles,
) -> tuple[list[LayerTimeline], Counters]:
    """Runs a program whose queue is started in cycle 0: the layers' timelines, all counters.

    Without ``ports``, on the deterministic memory of the machine. ``passes_of`` gives the cycles of
    a product's passes; if less than they take, nothing in the timeline comes later. Causes are
    counted for the layer whose passes run, or run next. The queue's last cycle comes after those
    of its layers.
    """
    ports = (ports or MemoryPorts.of(program.config)).counting(len(program.runs))
    layers: list[tuple[int, ...]] = []
    vectors: list[tuple[int, ...]] = []
    kinds: list[int] = []
    durations = [np.zeros(0, np.int64)]
    leaves = np.zeros(len(program.runs), np.bool_)
    for run, places in zip(program.runs, program.addresses, strict=True):
        if isinstance(run, ChoiceRun):
            leaves[len(kinds) + run.count] = run.measured
            kinds.append(MEASURED if run.measured else CHOICE)
        elif isinstance(run, VectorRun):
            vectors.append(vector_sizes(run))
            kinds.append(-len(vectors))
        else:
            assert places is not None
            kinds.append(len(layers))
            layers.append(_layer(run, places))
            durations.append(passes_of(run).reshape(-1))
    sizes = np.array(layers, LAYER)
    blocks = int((sizes["row_blocks"] * sizes["groups"]).sum())
    passes = int((sizes["row_blocks"] * sizes["groups"] * sizes["chunks"]).sum())
    shapes = (
        (len(kinds), 5),
        (passes,),
        (passes,),
        (len(LOADS) * passes, 3),
        (blocks, 3),
        (len(kinds), len(COUNTED)),
    )
    trace = Trace(*(np.empty(shape, np.int64) for shape in shapes))
    machine = Machine.of(
        np.array(kinds, np.int64),
        _fetched(program),
        leaves,
        sizes,
        # One at least, so that its type is known.
        np.array(vectors or [(0,) * len(VECTOR.names or ())], VECTOR),
        np.concatenate(durations),
        ports,
        trace,
    )
    if not run_queue(machine):
        raise AssertionError("the queue of a program comes to its end")
    counts = trace.counts
    counts[:, _NEAR] = _near_bytes(program, ports)
    counts[:, _CYCLES] = counts[:, _CAUSES].sum(axis=1)
    total = counts.sum(axis=0)
    total[[_CYCLES, _FETCH]] += 1
    return list(_timelines(kinds, sizes, trace)), Counters(*total.tolist())


def _near_bytes(program: Program | MixedQueue, ports: MemoryPorts) -> np.ndarray:
    """Bytes of the scratchpad, int64 (layers, :data:`KINDS`), counted for whom all bytes are."""
    found = ports.reader.near.copy()
    written = ports.writer.near
    for number, run in enumerate(program.runs):
        # What a fused layer writes is counted for its product, which is behind it.
        fused = isinstance(run, VectorRun) and run.layer.fused
        found[number + bool(fused)] += written[number]
    return found


def _fetched(program: Program | MixedQueue) -> np.ndarray:
    """Addresses of all descriptors, int64."""
    if isinstance(program, MixedQueue) and program.fetched is not None:
        return np.array(program.fetched, np.int64)
    return program.queue + DESCRIPTOR_BYTES * np.arange(len(program.runs), dtype=np.int64)


def _timelines(kinds: list[int], layers: np.ndarray, trace: Trace) -> Iterator[LayerTimeline]:
    began = passes = blocks = 0
    more_blocks = layers["row_blocks"] * layers["groups"]
    of_products = np.stack([more_blocks * layers["chunks"], more_blocks], axis=1).tolist()
    for number, (started, done, ended, streams, loads) in enumerate(trace.layers.tolist()):
        more_passes, more = of_products[kinds[number]] if kinds[number] >= 0 else (0, 0)
        first = len(LOADS) * passes
        part = Trace(
            trace.layers[number],
            trace.starts[passes : passes + more_passes],
            trace.ends[passes : passes + more_passes],
            trace.loads[first : first + loads],
            trace.stores[blocks : blocks + more],
            trace.counts[number],
        )
        passes, blocks = passes + more_passes, blocks + more
        yield LayerTimeline(began, started, done, ended, streams, part)
        began = ended


def _layer(run: LayerRun, places: Addresses) -> tuple[int, ...]:
    """See :data:`sim.scheduler.engine_layouts.LAYER`."""
    plan = run.plan
    sizes, units = plan.sizes, plan.units
    return (
        *(sizes[name] for name in SIZES),
        run.weights_wait,
        run.inputs_wait,
        run.weights_wait_vectors,
        run.inputs_wait_vectors,
        run.inputs_first,
        run.inputs_step,
        run.output,
        run.discard,
        places.inputs,
        places.weights,
        places.results,
        places.reference,
        places.previous,
        run.mode is Mode.TEMPORAL,
        units.bus_bytes,
        units.entry_words,
    )
