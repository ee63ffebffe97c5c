"""The vector unit, compiled: loader, engine and store of one vector layer after the other.

The recurrence is that of docs/timing.md.
"""

import numpy as np

from golden.jit import njit
from golden.machine.timing import (
    LOADS_UNDER_WAY,
    RECIPROCAL_LATENCY,
    RECIPROCAL_ROOT_LATENCY,
    STORE_LATENCY,
    VECTOR_STATISTICS_LATENCY,
    VECTOR_SWEEP_LATENCY,
    reduction_latency,
)
from golden.vector.descriptor import COUNTERS, STEPS, TABLE_BYTES, Op
from golden.vector.run import VectorRun
from sim.bus.axi_reader import read_transfer
from sim.bus.axi_writer import write_transfer

_SIZES = (
    *("op", "table", "fused", "a_address", "b_address", "o_address", "p_address", "t_address"),
    *STEPS,
    *COUNTERS,
    *("b_words", "b_tail_words", "p_words", "outer_step", "inner_step"),
)
_DERIVED = ("channel_groups", "lanes", "reduction", "bus_bytes")
VECTOR = np.dtype([(name, np.int64) for name in (*_SIZES, *_DERIVED)])
"""What the engines need to know of a vector layer"""
_GROUPS, _PIXELS, _SOFTMAX, _GATHER = (
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


@njit(cache=True, nogil=True)
def read(one, ports, cycle, address, words):  # pragma: no cover - compiled
    """A read wanted from ``cycle`` on: when it is accepted, when its last word comes."""
    slot = one.reads % LOADS_UNDER_WAY
    cycle = max(cycle, one.reader_free, one.read_ends[slot] + 1)
    accepted, _, last = read_transfer(ports.reader, ports.reader_parameters, address, words, cycle)
    one.reader_free = accepted + 1 + ports.rest
    one.read_ends[slot] = last
    one.reads += 1
    return accepted, last


@njit(cache=True, nogil=True)
def _scan(channels, groups, lanes):  # pragma: no cover - compiled
    """Cycles of a scan of channels."""
    rounds = -(-groups // lanes)
    return 3 * channels + groups + rounds * (RECIPROCAL_ROOT_LATENCY + 1) - 1


@njit(cache=True, nogil=True)
def _transposes(layer):  # pragma: no cover - compiled
    """Whether a gather is whole squares of elements, which are transposed."""
    lanes = layer.lanes
    whole = layer.pixels % lanes == 0 and layer.tail_pixels % lanes == 0
    return lanes > 1 and layer.outer_step == 1 and layer.inner_step % lanes == 0 and whole


@njit(cache=True, nogil=True)
def _once(layer, statistics, last):  # pragma: no cover - compiled
    """Whether a block's elements pass the lanes once: the next one may follow them at once."""
    return layer.op < _PIXELS and not (statistics and last)


@njit(cache=True, nogil=True)
def _duration(layer, pixels, statistics, last):  # pragma: no cover - compiled
    """Cycles from a block's begin to the one in which it is done."""
    sweep = pixels * layer.rows + VECTOR_SWEEP_LATENCY
    if layer.op == _GATHER and _transposes(layer):
        return sweep + layer.lanes
    if layer.op == _GATHER:
        return pixels * layer.rows * layer.lanes + VECTOR_SWEEP_LATENCY
    if layer.op == _PIXELS:
        roots = VECTOR_STATISTICS_LATENCY + layer.reduction + RECIPROCAL_ROOT_LATENCY
        return pixels * layer.rows + roots + sweep
    if layer.op == _SOFTMAX:
        return 3 * sweep + layer.reduction + RECIPROCAL_LATENCY
    if statistics and last:
        return sweep + _scan(layer.rows * layer.lanes, layer.channel_groups, layer.lanes)
    return sweep


@njit(cache=True, nogil=True)
def configure(one, ports, layer, started):  # pragma: no cover - compiled
    """Loads table and parameters of a fused ``layer``, started in cycle ``started``.

    Returns from when on it takes results, when its parameters have come, and the bytes it read.
    """
    moved = np.int64(0)
    loader = started + 1
    if layer.table:
        words = max(1, TABLE_BYTES // layer.bus_bytes)
        loader, _ = read(one, ports, max(loader, one.port_free), layer.t_address, words)
        moved += words
    loader += 1
    cycle = max(loader, one.port_free)
    accepted, came = read(one, ports, cycle, layer.p_address, layer.p_words)
    return accepted + 1, came, (moved + layer.p_words) * layer.bus_bytes


@njit(cache=True, nogil=True)
def run_vector_layer(one, ports, layer, started):  # pragma: no cover - compiled
    """Runs ``layer`` (:data:`VECTOR`), started in cycle ``started``.

    Returns the cycle in which it ends, and the bytes that it read and wrote. ``one`` and ``ports``
    as in :func:`sim.scheduler.engines.run_queue`; they move on.
    """
    bus = layer.bus_bytes
    loader = started + 1
    moved, sent = np.int64(0), np.int64(0)
    # Of the two blocks before: when their half was freed, when their output was drained.
    freed, freed_before = np.int64(0), np.int64(0)
    drained, drained_before = np.int64(0), np.int64(0)
    waits, completed = np.int64(0), np.int64(0)
    if layer.table or layer.op == _SOFTMAX:
        words = max(1, TABLE_BYTES // bus)
        accepted, _ = read(one, ports, max(loader, one.port_free), layer.t_address, words)
        moved += words
        loader = accepted
    loader += 1
    times = 2 if layer.op == _GROUPS else 1
    for time in range(times):
        statistics = layer.op == _GROUPS and time == 0
        for group in range(layer.groups):
            if time == 0:
                if layer.p_words:
                    address = layer.p_address + group * layer.p_group
                    cycle = max(loader, one.port_free, freed + 1)
                    accepted, _ = read(one, ports, cycle, address, layer.p_words)
                    moved += layer.p_words
                    loader = accepted
                loader += 1
            for block in range(layer.blocks):
                last_block = block == layer.blocks - 1
                a_count, a_words, b_words = layer.a_count, layer.a_words, layer.b_words
                o_count, o_words, pixels = layer.o_count, layer.o_words, layer.pixels
                if last_block:
                    a_count, a_words = layer.a_tail_count, layer.a_tail_words
                    o_count, o_words = layer.o_tail_count, layer.o_tail_words
                    b_words, pixels = layer.b_tail_words, layer.tail_pixels
                came = np.int64(0)
                address = layer.a_address + group * layer.a_group + block * layer.a_block
                for transfer in range(a_count):
                    cycle = max(loader, one.port_free)
                    if transfer == 0:
                        cycle = max(cycle, freed_before + 1)
                    accepted, came = read(one, ports, cycle, address, a_words)
                    address += layer.a_stride
                    moved += a_words
                    loader = accepted + 1
                if layer.b_words:
                    address = layer.b_address + block * layer.b_block
                    cycle = max(loader, one.port_free)
                    accepted, came = read(one, ports, cycle, address, b_words)
                    moved += b_words
                    loader = accepted
                loader += 1
                begin = max(waits, came + 1, drained_before + 1)
                done = begin + _duration(layer, pixels, statistics, last_block)
                read_by = done
                if _once(layer, statistics, last_block):
                    read_by = done - VECTOR_SWEEP_LATENCY
                waits = read_by + 1
                freed_before, freed = freed, read_by
                if statistics:
                    continue
                # The store begins, and offers its first command in the cycle after.
                begin = max(done, drained) + 1
                command = begin + 1
                drained_before = drained
                address = layer.o_address + group * layer.o_group + block * layer.o_block
                for _ in range(o_count):
                    cycle = max(command, one.writer_free)
                    accepted, _, drained, completed = write_transfer(
                        ports.writer,
                        ports.writer_parameters,
                        address,
                        o_words,
                        cycle,
                        begin + STORE_LATENCY,
                    )
                    one.writer_free = accepted + 1 + ports.rest
                    command = accepted + 1
                    address += layer.o_stride
                    sent += o_words
    return max(drained, completed) + 1, moved * bus, sent * bus
