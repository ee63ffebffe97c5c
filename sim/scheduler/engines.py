"""Loader, sequencer and store of the accelerator, compiled: one layer after the other.

The recurrence is that of docs/timing.md. Cycles are counted from the queue's start.
"""

from typing import NamedTuple

import numpy as np

from golden.accelerator.counters import CAUSES
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.jit import njit
from golden.machine.timing import DESCRIPTOR_LATENCY, STORE_LATENCY
from sim.bus.axi_memory import LONG_AGO
from sim.bus.axi_writer import write_transfer
from sim.bus.transfer_log import KIND, label
from sim.scheduler.engine_layouts import COUNTED, ENGINES, LOADS
from sim.vector.output import OUTPUT, block_came, block_words, finish, give_way, room
from sim.vector.unit import configure, read, run_vector_layer

_COMPUTE, _WEIGHTS, _INPUTS, _DEPENDENCY, _PREVIOUS, _RESULTS, _VECTOR, _FETCH, _IDLE = (
    COUNTED.index(f"cycles_{cause}") for cause in CAUSES
)
_BYTES = tuple(COUNTED.index(f"bytes_{kind}") for kind in LOADS)
_BYTES_DESCRIPTORS, _BYTES_RESULTS, _BYTES_VECTOR_READ, _BYTES_VECTOR_WRITTEN = (
    COUNTED.index(f"bytes_{kind}")
    for kind in ("descriptors", "results", "vector_read", "vector_written")
)
_WEIGHTS_BUFFER, _INPUTS_BUFFER, _PREVIOUS_BUFFER = range(3)
_LOAD_KINDS = tuple(KIND[kind] for kind in LOADS)
_DESCRIPTORS_KIND, _RESULTS_KIND, _READ_KIND, _WRITTEN_KIND = (
    KIND[kind] for kind in ("descriptors", "results", "vector_read", "vector_written")
)


CHOICE = -(1 << 40)
"""Of kinds: a choice"""


@njit(cache=True, nogil=True)
def run_queue(
    kinds, fetched, leaves, layers, vectors, durations, ports, bus_bytes, trace
):  # pragma: no cover - compiled
    """Runs layers, whose descriptors lie at ``fetched``, and fills ``trace``.

    ``kinds`` int64 has for each the place of a product in ``layers``, that of a vector layer in
    ``vectors``, as -1 minus the place, or :data:`CHOICE`. ``leaves`` bool: it is the last one of
    the variant of a choice.

    Their types are in :mod:`sim.scheduler.engine_layouts`. ``durations`` int64 are those of
    :func:`sim.scheduler.pass_cycles.pass_cycles`, flat, layer after layer. ``ports``
    (:class:`sim.bus.memory_ports.MemoryPorts`) move on.
    """
    one = np.zeros(1, ENGINES)[0]
    one.loader = one.sequencer = 1
    one.read_ends[:] = LONG_AGO
    one.there[:] = LONG_AGO
    one.freed[:] = LONG_AGO
    one.drained[:] = LONG_AGO
    trace.counts[:] = 0
    passes = blocks = loads = timed = 0
    # The fused vector layer that takes a product's results.
    output, state = vectors[-1], np.zeros(1, OUTPUT)[0]
    _fetch(one, ports, 1, 0, fetched[0], bus_bytes)
    for number in range(len(kinds)):
        kind = kinds[number]
        counts = trace.counts[number]
        counts[_BYTES_DESCRIPTORS] = DESCRIPTOR_BYTES
        started = _take_on(one, counts) if kind >= 0 else _take_on_vector(one, counts)
        if number + 1 < len(kinds) and not leaves[number]:
            _fetch(one, ports, started + 1, number + 1, fetched[number + 1], bus_bytes)
        trace.layers[number, 0] = started
        trace.layers[number, 2] = 0
        if kind == CHOICE:
            one.sequencer = started + 1
            trace.layers[number, 1] = started
        elif kind < 0 and vectors[-1 - kind].fused:
            output, one.fused = vectors[-1 - kind], number
            label(ports.reader, number, _READ_KIND)
            streams, ended, moved = configure(one, ports, output, started)
            counts[_VECTOR] += streams - started - 1
            counts[_BYTES_VECTOR_READ] += moved
            one.before_ended = ended
            one.sequencer = streams
            one.loader = max(one.loader, streams)
            state = np.zeros(1, OUTPUT)[0]
            trace.layers[number, 1] = ended
        elif kind < 0:
            label(ports.reader, number, _READ_KIND)
            label(ports.writer, number, _WRITTEN_KIND)
            ended, moved, sent = run_vector_layer(one, ports, vectors[-1 - kind], started)
            counts[_VECTOR] += ended - started
            counts[_BYTES_VECTOR_READ] += moved
            counts[_BYTES_VECTOR_WRITTEN] += sent
            one.layer_ended = one.before_ended = ended
            one.loader = one.sequencer = ended + 1
            trace.layers[number, 1] = ended
        else:
            layer = layers[kind]
            more_blocks = layer.row_blocks * layer.groups
            part = _Part(
                durations[timed:],
                trace.starts[passes:],
                trace.ends[passes:],
                trace.loads[loads:],
                trace.stores[blocks:],
                counts,
            )
            one.number = number
            more_loads = _run_layer(one, ports, layer, part, output, state)
            trace.layers[number, 1] = one.layer_ended
            trace.layers[number, 2] = more_loads
            timed += layer.row_blocks * layer.chunks
            passes += more_blocks * layer.chunks
            blocks += more_blocks
            loads += more_loads
        if leaves[number]:
            left = one.layer_ended + 1
            counts[_FETCH] += left + 1 - one.sequencer
            one.sequencer = left + 1
            if number + 1 < len(kinds):
                _fetch(one, ports, left + 1, number + 1, fetched[number + 1], bus_bytes)
    last = len(kinds) - 1
    trace.counts[last, _IDLE] = one.layer_ended + 2 + leaves[last] - one.sequencer


class _Part(NamedTuple):
    """A layer's part of durations and trace."""

    durations: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    loads: np.ndarray
    stores: np.ndarray
    counts: np.ndarray


@njit(cache=True, nogil=True)
def _fetch(one, ports, cycle, number, address, bus_bytes):  # pragma: no cover - compiled
    """The queue asks for a descriptor from ``cycle`` on."""
    label(ports.reader, number, _DESCRIPTORS_KIND)
    accepted, one.came = read(one, ports, cycle, address, DESCRIPTOR_BYTES // bus_bytes)
    one.port_free = accepted + 1


@njit(cache=True, nogil=True)
def _run_layer(one, ports, layer, part, output, state):  # pragma: no cover - compiled
    """All passes of the layer that was taken on; returns the number of loads."""
    one.store += layer.chunks - 1
    one.held[:] = 0
    ended = np.int64(0)
    number = loads = blocks = row_block = group = 0
    # Whether the passes of the inner loop have the same weights, or inputs.
    weights_stay = layer.chunks == 1 and (layer.groups == 1 or not layer.rows_outer)
    inputs_stay = layer.rows_outer or layer.row_blocks == 1
    while blocks < layer.row_blocks * layer.groups:
        last_group, last_rows = group == layer.groups - 1, row_block == layer.row_blocks - 1
        for chunk in range(layer.chunks):
            here = _Pass(
                row_block,
                group,
                chunk,
                chunk == layer.chunks - 1,
                not (weights_stay and row_block > 0),
                chunk == 0 and not (inputs_stay and group > 0),
            )
            loads = _load(one, ports, layer, here, part, loads)
            start = _start(one, here.last_chunk, part.counts)
            end = start + part.durations[row_block * layer.chunks + chunk]
            part.starts[number], part.ends[number] = start, end
            part.counts[_COMPUTE] += end - start + 1
            one.sequencer = end + 1
            number += 1
            if last_rows or not weights_stay:
                _push(one.freed[_WEIGHTS_BUFFER], end)
            if here.last_chunk and (last_group or not inputs_stay):
                _push(one.freed[_INPUTS_BUFFER], end)
            if here.last_chunk:
                sent = _drain(one, ports, layer, here, part, blocks, output, state)
                ended = max(ended, sent)
        blocks += 1
        if last_group or not layer.rows_outer:
            row_block = 0 if last_rows else row_block + 1
        if last_rows or layer.rows_outer:
            group = 0 if last_group else group + 1
    if layer.output:
        label(ports.writer, one.fused, _WRITTEN_KIND)
        ended = max(ended, finish(one, ports, output, state) + 1)
        part.counts[_BYTES_VECTOR_WRITTEN] += state.bytes
    one.layer_ended = one.before_ended = ended
    return loads


class _Pass(NamedTuple):
    row_block: int
    group: int
    chunk: int
    last_chunk: bool
    new_weights: bool
    new_inputs: bool


@njit(cache=True, nogil=True)
def _push(pair, cycle):  # pragma: no cover - compiled
    """The older one is forgotten."""
    pair[0], pair[1] = pair[1], cycle


@njit(cache=True, nogil=True)
def _overlap(first, second, a, b):  # pragma: no cover - compiled
    """Cycles from ``first`` to before ``second`` that lie in those from ``a`` to before ``b``."""
    return max(np.int64(0), min(second, b) - max(first, a))


@njit(cache=True, nogil=True)
def _take_on(one, counts):  # pragma: no cover - compiled
    """Each engine takes the layer on when it can; returns when the loader does."""
    started = max(one.came + DESCRIPTOR_LATENCY, one.loader, one.sequencer_took + 1)
    offered = started + 1
    idle = one.sequencer
    one.sequencer_took = max(offered, idle, one.store_took + 1)
    one.sequencer = one.sequencer_took + 1
    blocked = _overlap(idle, one.sequencer, offered, one.store_took + 1)
    counts[_RESULTS] += blocked
    counts[_FETCH] += one.sequencer - idle - blocked
    one.store_took = max(one.sequencer_took, one.layer_ended) + 1
    one.store = one.store_took + 1
    one.loader = offered
    return started


@njit(cache=True, nogil=True)
def _take_on_vector(one, counts):  # pragma: no cover - compiled
    """A vector layer is taken on, or a choice made, behind all others; returns when."""
    started = max(one.came + DESCRIPTOR_LATENCY, one.layer_ended + 1)
    counts[_FETCH] += started + 1 - one.sequencer
    return started


@njit(cache=True, nogil=True)
def _load(one, ports, layer, here, part, loads):  # pragma: no cover - compiled
    """The loader's four steps of a pass; returns the number of loads so far."""
    if here.new_weights:
        # Behind the weights of the groups and chunks before.
        chunk_words, tail_words = layer.weight_words, layer.chunk_tail_weight_words
        before = here.group * ((layer.chunks - 1) * chunk_words + tail_words)
        if here.group == layer.groups - 1:
            chunk_words, tail_words = layer.group_tail_weight_words, layer.tail_weight_words
        address = layer.weights_address + (before + here.chunk * chunk_words) * layer.bus_bytes
        words, whole = tail_words if here.last_chunk else chunk_words, (True, True)
        _ask(one, ports, layer, part, loads, 0, _WEIGHTS_BUFFER, whole, address, words)
        loads += 1
    else:
        one.loader += 1
    if here.new_inputs:
        origin = here.row_block * layer.block_step_entries - layer.padding_entries
        first = max(0, origin)
        last = min(layer.image_entries, origin + layer.block_span_entries)
        offset = first * layer.entry_words * layer.bus_bytes
        address, words = layer.inputs_address + offset, (last - first) * layer.entry_words
        whole = (True, not layer.temporal)
        _ask(one, ports, layer, part, loads, 1, _INPUTS_BUFFER, whole, address, words)
        loads += 1
        if layer.temporal:
            address, whole = layer.reference_address + offset, (False, True)
            _ask(one, ports, layer, part, loads, 2, _INPUTS_BUFFER, whole, address, words)
            loads += 1
        else:
            one.loader += 1
    else:
        one.loader += 2
    if here.last_chunk and layer.temporal:
        before, words = _block(layer, here)
        address, whole = layer.previous_address + before * layer.bus_bytes, (True, True)
        _ask(one, ports, layer, part, loads, 3, _PREVIOUS_BUFFER, whole, address, words)
        loads += 1
    else:
        one.loader += 1
    return loads


@njit(cache=True, nogil=True)
def _ask(
    one, ports, layer, part, number, kind, buffer, halves, address, words
):  # pragma: no cover - compiled
    """The loader asks for one load; ``halves``: it begins a half of the buffer, it fills one."""
    begins, fills = halves
    cycle = max(one.loader, one.port_free)
    waits = layer.inputs_wait if kind else layer.weights_wait
    if waits and one.loader <= one.before_ended:
        one.held[0], one.held[1] = one.loader, one.before_ended + 1
        cycle = max(cycle, one.held[1])
    if begins:
        cycle = max(cycle, one.freed[buffer, 0] + 1)
    label(ports.reader, one.number, _LOAD_KINDS[kind])
    accepted, last = read(one, ports, cycle, address, words)
    if fills:
        one.there[buffer] = last
    part.loads[number, 0], part.loads[number, 1], part.loads[number, 2] = kind, accepted, last
    part.counts[_BYTES[kind]] += words * layer.bus_bytes
    one.loader = accepted + 1


@njit(cache=True, nogil=True)
def _start(one, last_chunk, counts):  # pragma: no cover - compiled
    """The sequencer waits for operands and a place for results; returns when the pass starts."""
    start = one.sequencer
    for buffer, cause in ((_WEIGHTS_BUFFER, _WEIGHTS), (_INPUTS_BUFFER, _INPUTS)):
        there = one.there[buffer] + 1
        held = _overlap(start, there, one.held[0], one.held[1])
        counts[_DEPENDENCY] += held
        counts[cause] += max(0, there - start) - held
        start = max(start, there)
    if last_chunk:
        free = one.drained[0] + 1
        previous = _overlap(start, free, one.waited[0, 0], one.waited[0, 1])
        counts[_PREVIOUS] += previous
        counts[_RESULTS] += max(0, free - start) - previous
        start = max(start, free)
    return start


@njit(cache=True, nogil=True)
def _block(layer, here):  # pragma: no cover - compiled
    """Where the results of a pass lie, and how many they are, in bus words."""
    row_words, tail_words = layer.block_words, layer.row_tail_words
    if here.group == layer.groups - 1:
        row_words, tail_words = layer.group_tail_words, layer.tail_words
    before = here.group * layer.group_words + here.row_block * row_words
    return before, tail_words if here.row_block == layer.row_blocks - 1 else row_words


@njit(cache=True, nogil=True)
def _drain(one, ports, layer, here, part, number, output, state):  # pragma: no cover - compiled
    """The store sends the results of a pass; returns when memory has them."""
    offer = max(one.store, one.sequencer)
    there = max(offer, one.there[_PREVIOUS_BUFFER] + 1) if layer.temporal else offer
    one.waited[0, :] = one.waited[1, :]
    one.waited[1, 0], one.waited[1, 1] = offer, there
    label(ports.writer, one.fused, _WRITTEN_KIND)
    if layer.output:
        there = max(there, room(one, ports, output, state))
    before, words = _block(layer, here)
    if layer.discard:
        accepted = there
        drained = completed = accepted + STORE_LATENCY - 1
        left = words
        while left > 0:
            part_words = block_words(output, state)
            first = max(drained + 1, room(one, ports, output, state))
            drained = completed = first + part_words - 1
            block_came(output, state, drained)
            left -= part_words
        words = 0
    else:
        if layer.output:
            there = give_way(one, ports, output, state, there)
        # When the engine has sent what came before.
        accepted = max(there, one.writer_free, ports.writer.state[0])
        label(ports.writer, one.number, _RESULTS_KIND)
        address = layer.results_address + before * layer.bus_bytes
        _, _, drained, completed = write_transfer(
            ports.writer,
            ports.writer_parameters,
            address,
            words,
            accepted,
            accepted + STORE_LATENCY,
        )
        one.writer_free = accepted + 1 + ports.rest
        if layer.output:
            state.port_free = drained + 1
            block_came(output, state, drained)
    part.stores[number, 0], part.stores[number, 1] = accepted, drained
    part.stores[number, 2] = completed
    part.counts[_BYTES_RESULTS] += words * layer.bus_bytes
    _push(one.drained, drained)
    if layer.temporal:
        _push(one.freed[_PREVIOUS_BUFFER], drained)
    one.store = drained + 1 + layer.chunks - 1
    return max(drained, completed) + 1
