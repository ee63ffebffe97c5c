"""The queue, compiled: when descriptors are fetched, and their layers taken on and done."""

import numpy as np

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.jit import engine
from golden.machine.timing import DESCRIPTOR_LATENCY, LAYERS_UNDER_WAY
from sim.blocks.cycles import UNKNOWN
from sim.blocks.queue_columns import COUNTED, ENDED, RETIRED, STARTED
from sim.blocks.sites import DESCRIPTOR
from sim.bus.ports import read
from sim.bus.transfer_log import KIND, label
from sim.output.stage import configure
from sim.scheduler.engine_layouts import CHOICE, MEASURED
from sim.scheduler.loader import begin_loads
from sim.vector.unit import begin_vector_layer

_DESCRIPTORS = KIND["descriptors"]
_BYTES_DESCRIPTORS = COUNTED.index("bytes_descriptors")


@engine(inline="always")
def fetch(m, cycle):  # pragma: no cover - compiled
    """The next descriptor is asked for in ``cycle``."""
    engines = m.engines[0]
    number = engines.issued
    label(m.ports.reader, number, _DESCRIPTORS)
    bus_bytes = m.ports.reader_parameters[0]
    words = DESCRIPTOR_BYTES // bus_bytes
    read(m.shared[0], m.ports, cycle, m.fetched[number], words, DESCRIPTOR, 0, 0)
    engines.fetch = UNKNOWN
    m.trace.counts[number, _BYTES_DESCRIPTORS] = DESCRIPTOR_BYTES


@engine(inline="always")
def retire(m):  # pragma: no cover - compiled
    """The oldest layer under way is done, if it is known when; one per cycle."""
    engines = m.engines[0]
    number = engines.retired
    if number == len(m.kinds) or m.when[number, ENDED] == UNKNOWN:
        return False
    before = m.when[number - 1, RETIRED] if number else 0
    cycle = max(m.when[number, ENDED], before + 1)
    m.when[number, RETIRED] = cycle
    engines.retired += 1
    if m.leaves[number] and number + 1 < len(m.kinds):
        # A cycle to see that the variant's last layer is done, one to leave it.
        engines.fetch = cycle + 2
    return True


@engine(inline="always")
def issue(m):  # pragma: no cover - compiled
    """Takes the next layer on, if it is known when; whether it did."""
    engines = m.engines[0]
    number = engines.issued
    if number == len(m.kinds) or engines.descriptor == UNKNOWN:
        return False
    kind = m.kinds[number]
    started = engines.descriptor + DESCRIPTOR_LATENCY
    if kind == MEASURED:
        after = _all_done(m)
    elif kind == CHOICE:
        after = np.int64(0)
    elif kind >= 0:
        after = _loader_free(m, kind)
    elif m.vectors[-1 - kind].fused:
        after = _output_free(m, m.vectors[-1 - kind])
    else:
        after = _vector_free(m, m.vectors[-1 - kind])
    after = max(after, _oldest(m, number))
    if after == UNKNOWN:
        return False
    started = max(started, after + 1)
    m.when[number, STARTED] = started
    engines.issued += 1
    engines.descriptor = UNKNOWN
    if number + 1 < len(m.kinds) and not m.leaves[number]:
        engines.fetch = started + 1
    if kind <= CHOICE:
        m.when[number, ENDED] = started + 1
    elif kind >= 0:
        product = m.products[kind]
        product.started, product.behind = started, m.unit[0].number
        engines.products = kind + 1
        begin_loads(m, kind, started)
    elif m.vectors[-1 - kind].fused:
        configure(m, number, -1 - kind, started)
    else:
        begin_vector_layer(m, number, -1 - kind, started, _last_with_output(m))
    return True


@engine(inline="always")
def _oldest(m, number):  # pragma: no cover - compiled
    """When there is a place for one more layer under way."""
    first = number - LAYERS_UNDER_WAY
    return m.when[first, RETIRED] if first >= 0 else np.int64(0)


@engine(inline="always")
def _output_free(m, layer):  # pragma: no cover - compiled
    """The last cycle in which a fused layer cannot be taken on."""
    after = _products_done(m, layer)
    before = m.unit[0].number
    if layer.waits_vector and before >= 0:
        after = max(after, m.when[before, ENDED])
    kind = _last_with_output(m)
    if kind < 0 or after == UNKNOWN:
        return after
    ended = m.products[kind].ended
    return max(after, ended - 1) if ended < UNKNOWN else UNKNOWN


@engine(inline="always")
def _last_with_output(m):  # pragma: no cover - compiled
    """The product with output that was taken on last, or -1."""
    kind = m.engines[0].products - 1
    while kind >= 0 and not m.layers[kind].output:
        kind -= 1
    return kind


@engine(inline="always")
def _all_done(m):  # pragma: no cover - compiled
    """When all layers before are done."""
    number = m.engines[0].issued
    return m.when[number - 1, RETIRED] if number else 0


@engine(inline="always")
def _loader_free(m, kind):  # pragma: no cover - compiled
    """The last cycle in which a product cannot be taken on."""
    if m.walks[0].active:
        return UNKNOWN
    after = m.engines[0].loader - 1
    if kind:
        if m.products[kind - 1].taken == UNKNOWN:
            return UNKNOWN
        after = max(after, m.products[kind - 1].taken)
    if m.layers[kind].output:
        if m.stage[0].streams == UNKNOWN:
            return UNKNOWN
        after = max(after, m.stage[0].streams - 1)
    return after


@engine(inline="always")
def _vector_free(m, layer):  # pragma: no cover - compiled
    """The last cycle in which a vector layer cannot be taken on."""
    before = m.unit[0].number
    after = m.when[before, ENDED] if before >= 0 else 0
    return max(after, _products_done(m, layer))


@engine(inline="always")
def _products_done(m, layer):  # pragma: no cover - compiled
    """When no more products are under way than a layer allows."""
    awaited = m.engines[0].products - 1 - layer.products
    return m.products[awaited].ended if awaited >= 0 else np.int64(0)
