"""What the compiled engines of the accelerator read, keep and write."""

from typing import NamedTuple

import numpy as np

from sim.blocks.cycles import UNKNOWN
from sim.blocks.queue_columns import RING
from sim.bus.memory_ports import MemoryPorts
from sim.bus.ports import PORTS
from sim.output.stage import STAGE
from sim.scheduler.walk import WALK
from sim.vector.unit import UNIT

SIZES = (
    "rows_outer",
    "row_blocks",
    "groups",
    "chunks",
    "image_entries",
    "padding_entries",
    "block_step_entries",
    "block_span_entries",
    "weight_words",
    "chunk_tail_weight_words",
    "group_tail_weight_words",
    "tail_weight_words",
    "block_words",
    "row_tail_words",
    "group_tail_words",
    "tail_words",
    "group_words",
)
"""What the engines need of :attr:`golden.accelerator.plan.Plan.sizes`"""
LOADS = ("weights", "inputs", "references", "previous")
"""Kinds of loads, as they are numbered"""
WEIGHTS, INPUTS, REFERENCES, PREVIOUS = range(4)
WEIGHTS_BUFFER, INPUTS_BUFFER, PREVIOUS_BUFFER = range(3)
CHOICE = -(1 << 40)
"""Of kinds: a choice, and all below"""
MEASURED = CHOICE - 1
"""... which is taken when nothing is under way"""
BY_PRODUCTS, BY_VECTORS = range(2)
"""What can hold loads"""

LAYER = np.dtype(
    [
        (name, np.int64)
        for name in (
            # As in its descriptor
            *SIZES,
            "weights_wait",
            "inputs_wait",
            "weights_wait_vectors",
            "inputs_wait_vectors",
            "inputs_first",
            "inputs_step",
            "output",
            "discard",
            "inputs_address",
            "weights_address",
            "results_address",
            "reference_address",
            "previous_address",
            # 0 or 1
            "temporal",
            # Units of the machine
            "bus_bytes",
            "entry_words",
        )
    ]
)
"""What the engines need to know of a layer"""

PRODUCT = np.dtype(
    [
        # Its place in the queue.
        ("number", np.int64),
        # When loader, sequencer and store took it on, memory has it, and its output.
        ("started", np.int64),
        ("taken", np.int64),
        ("stored", np.int64),
        ("ended", np.int64),
        ("output", np.int64),
        # The vector layer that ran when it was started, or -1.
        ("behind", np.int64),
        # Where its passes, blocks, loads and durations begin, and how many loads there were.
        ("passes", np.int64),
        ("blocks", np.int64),
        ("loads", np.int64),
        ("timed", np.int64),
        ("loaded", np.int64),
        # How often its loads were held, and its passes waited for operands; of the last times: from
        # when to before when, and the cause that counts it.
        ("holds", np.int64),
        ("waits", np.int64),
        ("held", np.int64, (RING, 3)),
        ("waited", np.int64, (RING, 3)),
    ]
)
"""How far a product is"""

ENGINES = np.dtype(
    [
        # The first cycle in which each can go on.
        ("loader", np.int64),
        ("sequencer", np.int64),
        ("store", np.int64),
        # The kind of load that comes next.
        ("kind", np.int64),
        # Products that sequencer and store have taken on.
        ("sequenced", np.int64),
        ("stored", np.int64),
        # Of each buffer: halves that loads went to, that came, that were freed, and the one in use.
        ("asked", np.int64, (3,)),
        ("came", np.int64, (3,)),
        ("freed", np.int64, (3,)),
        ("used", np.int64, (3,)),
        ("came_at", np.int64, (3, RING)),
        ("freed_at", np.int64, (3, RING)),
        # The same for blocks of results, and when the store waited for their previous accumulators.
        ("filled", np.int64),
        ("drained", np.int64),
        ("filled_at", np.int64, (RING,)),
        ("drained_at", np.int64, (RING,)),
        ("waited", np.int64, (RING, 2)),
        # The block that the store has before it: from when on it can be sent; of discarded ones
        # when sending began, the words left, the last word so far.
        ("wanted", np.int64),
        ("begun", np.int64),
        ("left", np.int64),
        ("part", np.int64),
        ("ended", np.int64),
        # Whether it sends a block to memory, and blocks that memory has not answered for.
        ("sending", np.int64),
        ("unanswered", np.int64),
        # The queue: entries taken on and done, when the next descriptor is wanted and came.
        ("issued", np.int64),
        ("retired", np.int64),
        ("fetch", np.int64),
        ("descriptor", np.int64),
        ("products", np.int64),
        # The entry for which causes are counted.
        ("counted", np.int64),
    ]
)
"""How far the engines are"""


class Trace(NamedTuple):
    """What the engines did in a queue, int64; layer after layer."""

    layers: np.ndarray
    """(layers, 5): when they were taken on, were done, and were done with all before them; from
    when on a fused one takes results; the number of loads of a product"""
    starts: np.ndarray
    """(passes,): cycles in which they start"""
    ends: np.ndarray
    """(passes,): the array is idle again"""
    loads: np.ndarray
    """(loads, 3): place in :data:`LOADS`, when it was asked for, when its last word came"""
    stores: np.ndarray
    """(blocks, 3): when the writer took them on, had all words, memory had them"""
    counts: np.ndarray
    """(layers, counters): by :data:`sim.blocks.queue_columns.COUNTED`; the cycle after the last
    layer is not among them"""


class Machine(NamedTuple):
    """A queue, and how far each engine is in it."""

    kinds: np.ndarray
    """int64 (entries,): the place of a product in ``layers``, that of a vector layer in
    ``vectors``, as -1 minus the place, or :data:`CHOICE` or :data:`MEASURED`"""
    fetched: np.ndarray
    """int64 (entries,): addresses of descriptors"""
    leaves: np.ndarray
    """bool (entries,): it is the last one of a variant that is measured"""
    layers: np.ndarray
    """:data:`LAYER`"""
    vectors: np.ndarray
    """:data:`sim.vector.layer.VECTOR`"""
    durations: np.ndarray
    """int64: :func:`sim.scheduler.pass_cycles.pass_cycles`, flat, layer after layer"""
    when: np.ndarray
    """int64 (entries, 4): cycles, see :data:`sim.blocks.queue_columns.STARTED`"""
    products: np.ndarray
    """:data:`PRODUCT`"""
    engines: np.ndarray
    """(1,) :data:`ENGINES`"""
    walks: np.ndarray
    """(3,) :data:`sim.scheduler.walk.WALK`: of loader, sequencer and store"""
    stage: np.ndarray
    """(1,) :data:`sim.output.stage.STAGE`"""
    unit: np.ndarray
    """(1,) :data:`sim.vector.unit.UNIT`"""
    shared: np.ndarray
    """(1,) :data:`sim.bus.ports.PORTS`"""
    ports: MemoryPorts
    transfers: np.ndarray
    """int64 (vector layers + 1,): where those of each begin in ``completed``"""
    completed: np.ndarray
    """int64: when memory had each transfer of the outputs of vector layers"""
    gaps: np.ndarray
    """int64 (products + 1, 4): when the array had no layer, and waited for the store then"""
    trace: Trace

    @classmethod
    def of(
        cls,
        kinds: np.ndarray,
        fetched: np.ndarray,
        leaves: np.ndarray,
        layers: np.ndarray,
        vectors: np.ndarray,
        durations: np.ndarray,
        ports: MemoryPorts,
        trace: Trace,
    ) -> "Machine":
        """A queue of which nothing has happened."""
        outputs = vectors["groups"] * (
            (vectors["blocks"] - 1) * vectors["o_count"] + vectors["o_tail_count"]
        )
        transfers = np.concatenate([[0], np.cumsum(outputs)]).astype(np.int64)
        return cls(
            kinds,
            fetched,
            leaves,
            layers,
            vectors,
            durations,
            np.full((len(kinds), 4), UNKNOWN),
            np.zeros(len(layers), PRODUCT),
            np.zeros(1, ENGINES),
            np.zeros(3, WALK),
            np.zeros(1, STAGE),
            np.zeros(1, UNIT),
            np.zeros(1, PORTS),
            ports,
            transfers,
            np.full(transfers[-1], UNKNOWN),
            np.zeros((len(layers) + 1, 4), np.int64),
            trace,
        )
