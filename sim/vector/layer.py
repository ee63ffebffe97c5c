"""What the compiled engines need to know of a vector layer."""

import numpy as np

from golden.jit import engine
from golden.machine.timing import (
    RECIPROCAL_LATENCY,
    RECIPROCAL_ROOT_LATENCY,
    VECTOR_STATISTICS_LATENCY,
    VECTOR_SWEEP_LATENCY,
    reduction_latency,
)
from golden.vector.descriptor import COUNTERS, STEPS, Op, Size
from golden.vector.run import VectorRun
from sim.blocks.queue_columns import COUNTED

BYTES_READ, BYTES_WRITTEN = (COUNTED.index(f"bytes_vector_{what}") for what in ("read", "written"))
_SIZES = (
    *("op", "table", "fused", "b_vector", "o_size", "products", "waits_vector"),
    *("results_first", "results_step"),
    *("a_address", "b_address", "o_address", "p_address", "t_address"),
    *STEPS,
    *COUNTERS,
    *("b_words", "b_tail_words", "p_words", "outer_step", "inner_step"),
)
_DERIVED = ("channel_groups", "lanes", "reduction", "bus_bytes")
VECTOR = np.dtype([(name, np.int64) for name in (*_SIZES, *_DERIVED)])
"""A vector layer"""
NARROW = int(Size.BITS_8)
SUM, GROUPS, PIXELS, SOFTMAX, GATHER = (
    int(Op.SUM),
    int(Op.GROUPS),
    int(Op.PIXELS),
    int(Op.SOFTMAX),
    int(Op.GATHER),
)


def vector_sizes(run: VectorRun) -> tuple[int, ...]:
    """A row of :data:`VECTOR`."""
    config = run.config
    sizes = (int(getattr(run.layer, name)) for name in _SIZES)
    lanes = config.vector_lanes
    return (*sizes, run.channel_groups, lanes, reduction_latency(lanes), config.bus_bytes)


@engine
def _scan(channels, groups, lanes):  # pragma: no cover - compiled
    """Cycles of a scan of channels."""
    rounds = -(-groups // lanes)
    return 3 * channels + groups + rounds * (RECIPROCAL_ROOT_LATENCY + 1) - 1


@engine
def _transposes(layer):  # pragma: no cover - compiled
    """Whether a gather is whole squares of elements, which are transposed."""
    lanes = layer.lanes
    whole = layer.pixels % lanes == 0 and layer.tail_pixels % lanes == 0
    return lanes > 1 and layer.outer_step == 1 and layer.inner_step % lanes == 0 and whole


@engine
def once(layer, statistics, last):  # pragma: no cover - compiled
    """Whether a block's elements pass the lanes once: the next one may follow them at once."""
    return layer.op < PIXELS and not (statistics and last)


@engine
def duration(layer, pixels, statistics, last):  # pragma: no cover - compiled
    """Cycles from a block's begin to the one in which it is done."""
    sweep = pixels * layer.rows + VECTOR_SWEEP_LATENCY
    if layer.op == GATHER and _transposes(layer):
        return sweep + layer.lanes
    if layer.op == GATHER:
        return pixels * layer.rows * layer.lanes + VECTOR_SWEEP_LATENCY
    if layer.op == PIXELS:
        roots = VECTOR_STATISTICS_LATENCY + layer.reduction + RECIPROCAL_ROOT_LATENCY
        return pixels * layer.rows + roots + sweep
    if layer.op == SOFTMAX:
        return 3 * sweep + layer.reduction + RECIPROCAL_LATENCY
    if statistics and last:
        return sweep + _scan(layer.rows * layer.lanes, layer.channel_groups, layer.lanes)
    return sweep
