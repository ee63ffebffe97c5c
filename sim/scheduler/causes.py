"""Why the array had no layer, compiled: cycle for cycle, when all is known."""

from golden.accelerator.counters import CAUSES
from golden.jit import engine
from sim.blocks.queue_columns import COUNTED, ENDED, RETIRED, STARTED, STREAMS
from sim.scheduler.engine_layouts import CHOICE

_RESULTS, _VECTOR, _FETCH, _IDLE = (
    COUNTED.index(f"cycles_{cause}") for cause in ("results", "vector", "fetch", "idle")
)
assert CAUSES[5:] == ("results", "vector", "fetch", "idle")


@engine
def count_gaps(m):  # pragma: no cover - compiled
    """Counts the causes of all gaps between the layers of the array, and of the last cycles."""
    last = len(m.kinds) - 1
    ended = m.when[last, RETIRED]
    drains = ended + 2 if m.leaves[last] else m.when[last, STARTED] + 1
    end = ended + 2 + m.leaves[last]
    final = m.gaps[len(m.products)]
    final[0], final[1] = m.engines[0].sequencer, end
    final[2] = final[3] = end
    entry = 0
    for number in range(len(m.gaps)):
        first, behind, blocked, free = m.gaps[number]
        if free > blocked:
            product = m.products[number]
            m.trace.counts[product.number, _RESULTS] += free - blocked
            entry = _count(m, entry, first, blocked, end, product.number)
            entry = _count(m, entry, free, behind, end, product.number)
        elif number < len(m.products):
            entry = _count(m, entry, first, behind, end, m.products[number].number)
        else:
            entry = _count(m, entry, first, behind, drains, last)


@engine
def _busy(m, number):  # pragma: no cover - compiled
    """When a layer is the cause of what the array waits for: from, to before."""
    kind = m.kinds[number]
    if kind >= 0 or kind <= CHOICE:
        return 0, 0
    started = m.when[number, STARTED]
    if m.vectors[-1 - kind].fused:
        return started + 1, m.when[number, STREAMS]
    return started + 1, m.when[number, ENDED] + 1


@engine
def _count(m, entry, first, behind, drains, next_layer):  # pragma: no cover - compiled
    """Counts the cycles of a gap before ``next_layer``; ``entry`` is the first that may matter."""
    last = len(m.kinds) - 1
    cycle = first
    while cycle < behind:
        while entry < last and m.when[entry, RETIRED] < cycle:
            entry += 1
        # The layer that is under way, or else when the next one will be.
        layer, end = -1, behind
        number = entry
        while number <= last and layer < 0 and m.when[number, STARTED] < end:
            begin, busy_end = _busy(m, number)
            if begin <= cycle < busy_end:
                layer, end = number, min(busy_end, behind)
            elif cycle < begin < busy_end:
                end = min(end, begin)
            number += 1
        if layer < 0:
            _no_layer(m, cycle, end, drains, next_layer)
        else:
            m.trace.counts[layer, _VECTOR] += end - cycle
        cycle = end
    return entry


@engine
def _no_layer(m, first, behind, drains, next_layer):  # pragma: no cover - compiled
    """Nothing runs: a descriptor is fetched for the layer that starts next, or the queue ends."""
    last = len(m.kinds) - 1
    m.trace.counts[last, _IDLE] += max(0, behind - max(first, drains))
    behind = min(behind, drains)
    engines = m.engines[0]
    while engines.counted < next_layer and m.when[engines.counted, STARTED] < first:
        engines.counted += 1
    m.trace.counts[engines.counted, _FETCH] += max(0, behind - first)
