"""The loader of products, compiled: what it asks memory for, and when."""

from golden.jit import engine
from sim.blocks.cycles import UNKNOWN
from sim.blocks.queue_columns import COUNTED, ENDED, RING
from sim.blocks.sites import LOAD
from sim.bus.ports import read
from sim.bus.transfer_log import KIND, label
from sim.scheduler.engine_layouts import (
    BY_PRODUCTS,
    BY_VECTORS,
    INPUTS,
    INPUTS_BUFFER,
    LOADS,
    PREVIOUS,
    PREVIOUS_BUFFER,
    REFERENCES,
    WEIGHTS,
    WEIGHTS_BUFFER,
)
from sim.scheduler.holds import hold
from sim.scheduler.walk import (
    begin,
    block_of_results,
    last_chunk,
    new_inputs,
    new_weights,
    next_pass,
)
from sim.vector.unit import COUNTED_TRANSFERS

NO_BUFFER = -1
"""Of a load that fills none alone"""
_BUFFERS = (WEIGHTS_BUFFER, INPUTS_BUFFER, INPUTS_BUFFER, PREVIOUS_BUFFER)
_BYTES = tuple(COUNTED.index(f"bytes_{kind}") for kind in LOADS)
_KINDS = tuple(KIND[kind] for kind in LOADS)


@engine(inline="always")
def begin_loads(m, number, started):  # pragma: no cover - compiled
    """The loader takes a product on."""
    begin(m.walks[0], number)
    m.engines[0].kind = WEIGHTS
    m.engines[0].loader = started + 1
    _skip(m)


@engine(inline="always")
def _wanted(walk, layer, kind):  # pragma: no cover - compiled
    """Whether the pass needs a load of a kind."""
    if kind == WEIGHTS:
        return new_weights(walk, layer)
    if kind == INPUTS:
        return new_inputs(walk, layer)
    if kind == REFERENCES:
        return layer.temporal and new_inputs(walk, layer)
    return layer.temporal and last_chunk(walk, layer)


@engine(inline="always")
def _next_kind(m):  # pragma: no cover - compiled
    engines, walk = m.engines[0], m.walks[0]
    engines.kind += 1
    if engines.kind > PREVIOUS:
        engines.kind = WEIGHTS
        next_pass(walk, m.layers[walk.layer])


@engine(inline="always")
def _skip(m):  # pragma: no cover - compiled
    """On to the next load that is needed; each that is not takes a cycle."""
    engines, walk = m.engines[0], m.walks[0]
    while walk.active and not _wanted(walk, m.layers[walk.layer], engines.kind):
        engines.loader += 1
        _next_kind(m)


@engine(inline="always")
def _released(m, what):  # pragma: no cover - compiled
    """From when on nothing of ``what`` holds the next load; :data:`UNKNOWN` if not known yet."""
    walk, kind = m.walks[0], m.engines[0].kind
    layer = m.layers[walk.layer]
    if what == BY_PRODUCTS:
        waits = layer.weights_wait if kind == WEIGHTS else layer.inputs_wait
        ended = m.products[walk.layer - 1].ended if waits and walk.layer else -1
        return min(ended + 1, UNKNOWN)
    waits = layer.weights_wait_vectors if kind == WEIGHTS else layer.inputs_wait_vectors
    behind = m.products[walk.layer].behind
    if not waits or behind < 0:
        return 0
    if kind != WEIGHTS and layer.inputs_first:
        if kind == PREVIOUS:
            return 0
        vector = -1 - m.kinds[behind]
        place = layer.inputs_first + walk.row_block * layer.inputs_step - 1
        if place < min(m.transfers[vector + 1] - m.transfers[vector], COUNTED_TRANSFERS):
            return min(m.completed[m.transfers[vector] + place] + 1, UNKNOWN)
    return min(m.when[behind, ENDED] + 1, UNKNOWN)


@engine(inline="always")
def load_wanted(m):  # pragma: no cover - compiled
    """From when on the loader asks for its next load; :data:`UNKNOWN` if there is none yet."""
    engines, walk = m.engines[0], m.walks[0]
    if not walk.active:
        return UNKNOWN
    cycle = engines.loader
    for what in (BY_PRODUCTS, BY_VECTORS):
        released = _released(m, what)
        if released == UNKNOWN:
            return UNKNOWN
        cycle = max(cycle, released)
    buffer = _BUFFERS[engines.kind]
    half = engines.asked[buffer]
    if engines.kind != REFERENCES and half >= 2:
        if engines.freed[buffer] <= half - 2:
            return UNKNOWN
        cycle = max(cycle, engines.freed_at[buffer, (half - 2) % RING] + 1)
    return cycle


@engine(inline="always")
def load(m, cycle):  # pragma: no cover - compiled
    """The next load is accepted in ``cycle``."""
    engines, walk = m.engines[0], m.walks[0]
    layer, product, kind = m.layers[walk.layer], m.products[walk.layer], engines.kind
    products = max(engines.loader, _released(m, BY_PRODUCTS))
    hold(m, product, engines.loader, products, BY_PRODUCTS)
    hold(m, product, products, _released(m, BY_VECTORS), BY_VECTORS)
    address, words = _place(walk, layer, kind)
    label(m.ports.reader, product.number, _KINDS[kind])
    buffer = _BUFFERS[kind]
    # Inputs in TEMPORAL are there with their references.
    if kind == INPUTS and layer.temporal:
        buffer = NO_BUFFER
    else:
        engines.asked[buffer] += 1
    number = product.loads + product.loaded
    m.trace.loads[number, 0], m.trace.loads[number, 1] = kind, cycle
    product.loaded += 1
    read(m.shared[0], m.ports, cycle, address, words, LOAD, number, buffer)
    m.trace.counts[product.number, _BYTES[kind]] += words * layer.bus_bytes
    engines.loader = cycle + 1
    _next_kind(m)
    _skip(m)


@engine(inline="always")
def load_came(m, number, buffer, cycle):  # pragma: no cover - compiled
    """The last word of a load came, by its number in the trace."""
    m.trace.loads[number, 2] = cycle
    if buffer != NO_BUFFER:
        engines = m.engines[0]
        engines.came_at[buffer, engines.came[buffer] % RING] = cycle
        engines.came[buffer] += 1


@engine(inline="always")
def _place(walk, layer, kind):  # pragma: no cover - compiled
    """Address and bus words of a load."""
    if kind == WEIGHTS:
        # Behind the weights of the groups and chunks before.
        chunk_words, tail_words = layer.weight_words, layer.chunk_tail_weight_words
        before = walk.group * ((layer.chunks - 1) * chunk_words + tail_words)
        if walk.group == layer.groups - 1:
            chunk_words, tail_words = layer.group_tail_weight_words, layer.tail_weight_words
        words = tail_words if last_chunk(walk, layer) else chunk_words
        before += walk.chunk * chunk_words
        return layer.weights_address + before * layer.bus_bytes, words
    if kind == PREVIOUS:
        before, words = block_of_results(walk, layer)
        return layer.previous_address + before * layer.bus_bytes, words
    origin = walk.row_block * layer.block_step_entries - layer.padding_entries
    first = max(0, origin)
    last = min(layer.image_entries, origin + layer.block_span_entries)
    offset = first * layer.entry_words * layer.bus_bytes
    address = layer.inputs_address if kind == INPUTS else layer.reference_address
    return address + offset, (last - first) * layer.entry_words
