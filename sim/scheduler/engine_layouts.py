"""What the compiled engines of the accelerator read, keep and write."""

from dataclasses import fields
from typing import NamedTuple

import numpy as np

from golden.accelerator.counters import Counters
from golden.machine.timing import LOADS_UNDER_WAY

COUNTED = tuple(field.name for field in fields(Counters))
"""What the columns of counts are"""
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

ENGINES = np.dtype(
    [
        # The first cycle in which each can go on, and those in which it took on its layer.
        ("loader", np.int64),
        ("sequencer", np.int64),
        ("store", np.int64),
        ("sequencer_took", np.int64),
        ("store_took", np.int64),
        ("layer_ended", np.int64),
        # When all layers before the loader's had ended: it may have waited for that.
        ("before_ended", np.int64),
        # When the next descriptor came.
        ("came", np.int64),
        # From when on the queue leaves the read port to the loader.
        ("port_free", np.int64),
        # From when on the ports take another command.
        ("reader_free", np.int64),
        ("writer_free", np.int64),
        # When the loader waited for the layer before: from the first to before the second.
        ("held", np.int64, (2,)),
        ("reads", np.int64),
        # The layer whose passes are walked, and the fused one that takes its results.
        ("number", np.int64),
        ("fused", np.int64),
        ("read_ends", np.int64, (LOADS_UNDER_WAY,)),
        # For each buffer, when its last load came and its halves were freed, the older first.
        ("there", np.int64, (3,)),
        ("freed", np.int64, (3, 2)),
        # The same for results, and when the store waited for their previous accumulators.
        ("drained", np.int64, (2,)),
        ("waited", np.int64, (2, 2)),
    ]
)


LAYER = np.dtype(
    [
        (name, np.int64)
        for name in (
            # As in its descriptor
            *SIZES,
            "weights_wait",
            "inputs_wait",
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


class Trace(NamedTuple):
    """What the engines did in a queue, int64; layer after layer."""

    layers: np.ndarray
    """(layers, 3): when the loader took them on, when they ended, number of loads"""
    starts: np.ndarray
    """(passes,): cycles in which they start"""
    ends: np.ndarray
    """(passes,): the array is idle again"""
    loads: np.ndarray
    """(loads, 3): place in :data:`LOADS`, when it was asked for, when its last word came"""
    stores: np.ndarray
    """(blocks, 3): when the writer took them on, had all words, memory had them"""
    counts: np.ndarray
    """(layers, counters): by :data:`COUNTED`; the cycle after the last layer is not among them"""
