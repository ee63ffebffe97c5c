"""The store of products, compiled: when blocks of results leave, and when memory has them."""

from golden.jit import engine
from golden.machine.timing import STORE_LATENCY
from sim.blocks.cycles import UNKNOWN
from sim.blocks.queue_columns import COUNTED, ENDED, RING
from sim.blocks.sites import RESULTS
from sim.bus.ports import write_block
from sim.bus.transfer_log import KIND, label
from sim.output.stage import block_came, block_words, room
from sim.scheduler.engine_layouts import PREVIOUS_BUFFER
from sim.scheduler.walk import begin, block_of_results, next_block

_BYTES_RESULTS = COUNTED.index("bytes_results")
_RESULTS = KIND["results"]


@engine(inline="always")
def store(m):  # pragma: no cover - compiled
    """Goes on as far as it can without the write port; whether it did."""
    engines, walk = m.engines[0], m.walks[2]
    if not walk.active:
        return _end(m) or _take_on(m)
    layer = m.layers[walk.layer]
    if engines.sending:
        return False
    if engines.wanted == UNKNOWN:
        return _offer(m, layer)
    return bool(layer.discard) and _discard(m, layer)


@engine(inline="always")
def _take_on(m):  # pragma: no cover - compiled
    engines, number = m.engines[0], m.engines[0].stored
    if number == len(m.products):
        return False
    product = m.products[number]
    before = m.products[number - 1].ended if number else 0
    if product.taken == UNKNOWN or before == UNKNOWN:
        return False
    product.stored = max(product.taken, before) + 1
    engines.store = product.stored + m.layers[number].chunks
    engines.stored += 1
    engines.ended = 0
    engines.wanted = engines.begun = UNKNOWN
    begin(m.walks[2], number)
    return True


@engine(inline="always")
def _end(m):  # pragma: no cover - compiled
    """The layer ends when memory has all, and a cycle after the output stage."""
    engines, number = m.engines[0], m.engines[0].stored - 1
    if number < 0 or m.products[number].ended != UNKNOWN or engines.unanswered:
        return False
    product, ended = m.products[number], engines.ended
    if m.layers[number].output:
        if product.output == UNKNOWN:
            return False
        ended = max(ended, product.output + 1)
    product.ended = ended
    m.when[product.number, ENDED] = ended
    return True


@engine(inline="always")
def _offer(m, layer):  # pragma: no cover - compiled
    """The next block is there, and its previous accumulators."""
    engines, block = m.engines[0], m.engines[0].drained
    if engines.filled <= block:
        return False
    offer = max(engines.store, engines.filled_at[block % RING] + 1)
    there = offer
    if layer.temporal:
        half = engines.used[PREVIOUS_BUFFER] + 1
        if engines.came[PREVIOUS_BUFFER] <= half:
            return False
        engines.used[PREVIOUS_BUFFER] = half
        there = max(offer, engines.came_at[PREVIOUS_BUFFER, half % RING] + 1)
    waited = engines.waited[block % RING]
    waited[0], waited[1] = offer, there
    engines.wanted = there
    return True


@engine(inline="always")
def _discard(m, layer):  # pragma: no cover - compiled
    """The next part of the block goes to the output stage alone."""
    engines, walk = m.engines[0], m.walks[2]
    free = room(m)
    if free == UNKNOWN:
        return False
    if engines.begun == UNKNOWN:
        engines.begun = max(engines.wanted, free)
        engines.part = engines.begun + STORE_LATENCY - 1
        _, engines.left = block_of_results(walk, layer)
    words = block_words(m)
    engines.part = max(engines.part + 1, free) + words - 1
    block_came(m, engines.part)
    engines.left -= words
    if engines.left <= 0:
        row = m.trace.stores[m.products[walk.layer].blocks + walk.done]
        row[0], row[2] = engines.begun, engines.part
        engines.ended = max(engines.ended, engines.part + 1)
        _drained(m, layer, engines.part)
    return True


@engine(inline="always")
def store_wanted(m):  # pragma: no cover - compiled
    """From when on the store asks for the write port; :data:`UNKNOWN` if that is not known."""
    engines, walk = m.engines[0], m.walks[2]
    if not walk.active or engines.wanted == UNKNOWN or engines.sending:
        return UNKNOWN
    layer = m.layers[walk.layer]
    if layer.discard:
        return UNKNOWN
    if not layer.output:
        return engines.wanted
    return max(engines.wanted, room(m))


@engine(inline="always")
def send(m, cycle):  # pragma: no cover - compiled
    """The store has the write port from ``cycle`` on, for a block."""
    engines, walk = m.engines[0], m.walks[2]
    layer, product = m.layers[walk.layer], m.products[walk.layer]
    before, words = block_of_results(walk, layer)
    label(m.ports.writer, product.number, _RESULTS)
    # The engine may have to send first what came before.
    offered = max(cycle, m.shared[0].writer_free, m.ports.writer.state[0])
    address = layer.results_address + before * layer.bus_bytes
    number = product.blocks + walk.done
    m.trace.stores[number, 0] = offered
    engines.sending = 1
    engines.unanswered += 1
    data_from = offered + STORE_LATENCY
    write_block(m.shared[0], RESULTS, number, 1, address, 0, words, offered, data_from)
    m.trace.counts[product.number, _BYTES_RESULTS] += words * layer.bus_bytes


@engine(inline="always")
def results_sent(m, drained):  # pragma: no cover - compiled
    """The last word of the block that is sent was taken."""
    m.engines[0].sending = 0
    layer = m.layers[m.walks[2].layer]
    if layer.output:
        block_came(m, drained)
    _drained(m, layer, drained)


@engine(inline="always")
def results_stored(m, number, completed):  # pragma: no cover - compiled
    """Memory has a block, by its number in the trace."""
    engines = m.engines[0]
    m.trace.stores[number, 2] = completed
    engines.ended = max(engines.ended, completed + 1)
    engines.unanswered -= 1


@engine(inline="always")
def _drained(m, layer, drained):  # pragma: no cover - compiled
    """A block is sent."""
    engines, walk = m.engines[0], m.walks[2]
    m.trace.stores[m.products[walk.layer].blocks + walk.done, 1] = drained
    engines.drained_at[engines.drained % RING] = drained
    engines.drained += 1
    if layer.temporal:
        freed = engines.freed[PREVIOUS_BUFFER]
        engines.freed_at[PREVIOUS_BUFFER, freed % RING] = drained
        engines.freed[PREVIOUS_BUFFER] += 1
    engines.store = drained + layer.chunks
    engines.ended = max(engines.ended, drained + 1)
    engines.wanted = engines.begun = UNKNOWN
    next_block(walk, layer)
