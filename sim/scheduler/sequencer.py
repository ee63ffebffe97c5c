"""The sequencer, compiled: when passes start, and what it waits for."""

from golden.accelerator.counters import CAUSES
from golden.jit import engine
from sim.blocks.cycles import UNKNOWN
from sim.blocks.queue_columns import COUNTED, RING
from sim.scheduler.engine_layouts import INPUTS_BUFFER, WEIGHTS_BUFFER
from sim.scheduler.holds import overlap, wait
from sim.scheduler.walk import (
    begin,
    frees_inputs,
    frees_weights,
    last_chunk,
    new_inputs,
    new_weights,
    next_pass,
)

_COMPUTE, _WEIGHTS, _INPUTS, _, _PREVIOUS, _RESULTS = (
    COUNTED.index(f"cycles_{cause}") for cause in CAUSES[:6]
)


@engine(inline="always")
def sequence(m):  # pragma: no cover - compiled
    """Takes a product on or starts a pass, if what that depends on is known; whether it did."""
    return _pass(m) if m.walks[1].active else _take_on(m)


@engine(inline="always")
def _take_on(m):  # pragma: no cover - compiled
    engines, number = m.engines[0], m.engines[0].sequenced
    if number == len(m.products):
        return False
    product = m.products[number]
    stored = m.products[number - 1].stored if number else 0
    if product.started == UNKNOWN or stored == UNKNOWN:
        return False
    offered, idle = product.started + 1, engines.sequencer
    product.taken = max(offered, idle, stored + 1)
    engines.sequencer = product.taken + 1
    gap = m.gaps[number]
    gap[0], gap[1] = idle, engines.sequencer
    gap[2], gap[3] = max(idle, offered), min(engines.sequencer, stored + 1)
    engines.sequenced += 1
    begin(m.walks[1], number)
    return True


@engine(inline="always")
def _pass(m):  # pragma: no cover - compiled
    engines, walk = m.engines[0], m.walks[1]
    layer, product = m.layers[walk.layer], m.products[walk.layer]
    weights = engines.used[WEIGHTS_BUFFER] + new_weights(walk, layer)
    inputs = engines.used[INPUTS_BUFFER] + new_inputs(walk, layer)
    if engines.came[WEIGHTS_BUFFER] <= weights or engines.came[INPUTS_BUFFER] <= inputs:
        return False
    ends_block, block = last_chunk(walk, layer), engines.filled
    if ends_block and engines.drained <= block - 2:
        return False
    engines.used[WEIGHTS_BUFFER], engines.used[INPUTS_BUFFER] = weights, inputs
    counts = m.trace.counts[product.number]
    start = engines.sequencer
    there = engines.came_at[WEIGHTS_BUFFER, weights % RING] + 1
    wait(m, product, start, there, _WEIGHTS)
    start = max(start, there)
    there = engines.came_at[INPUTS_BUFFER, inputs % RING] + 1
    wait(m, product, start, there, _INPUTS)
    start = max(start, there)
    if ends_block and block >= 2:
        half = (block - 2) % RING
        free = engines.drained_at[half] + 1
        previous = overlap(start, free, engines.waited[half, 0], engines.waited[half, 1])
        counts[_PREVIOUS] += previous
        counts[_RESULTS] += max(0, free - start) - previous
        start = max(start, free)
    end = start + m.durations[product.timed + walk.row_block * layer.chunks + walk.chunk]
    m.trace.starts[product.passes + walk.done] = start
    m.trace.ends[product.passes + walk.done] = end
    counts[_COMPUTE] += end - start + 1
    engines.sequencer = end + 1
    if frees_weights(walk, layer):
        _free(engines, WEIGHTS_BUFFER, end)
    if frees_inputs(walk, layer):
        _free(engines, INPUTS_BUFFER, end)
    if ends_block:
        engines.filled_at[block % RING] = end
        engines.filled += 1
    next_pass(walk, layer)
    return True


@engine(inline="always")
def _free(engines, buffer, cycle):  # pragma: no cover - compiled
    engines.freed_at[buffer, engines.freed[buffer] % RING] = cycle
    engines.freed[buffer] += 1
