"""The vector unit, compiled: loader, engine and store of one vector layer after the other.

The recurrence is that of docs/timing.md. Blocks are counted from the layer's begin, those of GROUPS
twice.
"""

import numpy as np

from golden.jit import engine
from golden.machine.timing import STORE_LATENCY, VECTOR_SWEEP_LATENCY
from golden.vector.descriptor import TABLE_BYTES
from sim.blocks.cycles import UNKNOWN
from sim.blocks.queue_columns import COUNTED, ENDED, RING
from sim.blocks.sites import NOTHING, VECTOR_BLOCK, VECTOR_OUTPUT
from sim.bus.ports import read, write_block
from sim.bus.transfer_log import KIND, label
from sim.vector.layer import BYTES_READ, BYTES_WRITTEN, GROUPS, SOFTMAX, duration, once

COUNTED_TRANSFERS = (1 << 16) - 1
"""Of an output: as many are told from each other"""
IDLE, TABLE, PARAMETERS, A, B = range(5)
"""What the loader asks for next"""

UNIT = np.dtype(
    [
        # The layer: its place in the queue and among the vector layers.
        ("number", np.int64),
        ("layer", np.int64),
        ("active", np.int64),
        # The product with output that was issued last before it, or -1.
        ("behind", np.int64),
        # The loader: what comes next, when, and where it is.
        ("asks", np.int64),
        ("loader", np.int64),
        ("time", np.int64),
        ("group", np.int64),
        ("block", np.int64),
        ("transfer", np.int64),
        # Blocks that were asked for, came, were computed, and of those that are stored: done, sent.
        ("asked", np.int64),
        ("came", np.int64),
        ("swept", np.int64),
        ("done", np.int64),
        ("sent", np.int64),
        ("came_at", np.int64, (RING,)),
        ("freed_at", np.int64, (RING,)),
        ("done_at", np.int64, (RING,)),
        ("drained_at", np.int64, (RING,)),
        # From when on the engine waits for a block; of the last transfer sent.
        ("waits", np.int64),
        ("drained", np.int64),
        ("completed", np.int64),
        # Transfers of the output so far, whether a block is sent, transfers without response.
        ("stored", np.int64),
        ("sending", np.int64),
        ("unanswered", np.int64),
    ]
)
"""How far it is"""
_READ, _WRITTEN = KIND["vector_read"], KIND["vector_written"]
_COMPUTE, _LOADS, _STORES = (
    COUNTED.index(f"vector_{cause}") for cause in ("compute", "loads", "stores")
)


@engine(inline="always")
def begin_vector_layer(m, number, layer, started, behind):  # pragma: no cover - compiled
    """Takes a layer on; ``behind``: the last product with output before it, or -1."""
    unit, one = m.unit[0], m.vectors[layer]
    unit.number, unit.layer, unit.active = number, layer, 1
    unit.behind = behind if one.results_first else -1
    unit.asks, unit.loader = TABLE, started + 1
    unit.time = unit.group = unit.block = unit.transfer = 0
    unit.asked = unit.came = unit.swept = unit.done = unit.sent = 0
    unit.waits = started + 1
    unit.drained = unit.completed = unit.stored = unit.sending = unit.unanswered = 0
    if not (one.table or one.op == SOFTMAX):
        unit.asks, unit.loader = PARAMETERS, started + 2
        _skip_parameters(unit, one)


@engine(inline="always")
def _skip_parameters(unit, layer):  # pragma: no cover - compiled
    """A step without a load takes a cycle; the second time that GROUPS reads, there is none."""
    if unit.asks == PARAMETERS and unit.time:
        unit.asks = A
    elif unit.asks == PARAMETERS and not layer.p_words:
        unit.loader += 1
        unit.asks = A


@engine(inline="always")
def _times(layer):  # pragma: no cover - compiled
    """How often blocks are read."""
    return 2 if layer.op == GROUPS else 1


@engine(inline="always")
def _block_asked(unit, layer):  # pragma: no cover - compiled
    """On to the next block, group, or time."""
    unit.asked += 1
    unit.transfer = 0
    unit.asks = A
    unit.block += 1
    if unit.block == layer.blocks:
        unit.block = 0
        unit.group += 1
        unit.asks = PARAMETERS
        if unit.group == layer.groups:
            unit.group = 0
            unit.time += 1
            if unit.time == _times(layer):
                unit.asks = IDLE
    _skip_parameters(unit, layer)


@engine(inline="always")
def vector_reads(m):  # pragma: no cover - compiled
    """From when on its loader asks for its next load; :data:`UNKNOWN` if there is none yet."""
    unit, after = m.unit[0], np.int64(0)
    if unit.asks == IDLE:
        return UNKNOWN
    before = -1
    if unit.asks == PARAMETERS:
        before = unit.asked - 1
    elif unit.asks == A and unit.transfer == 0:
        before = unit.asked - 2
        after = _results_there(m)
    if unit.swept <= before:
        return UNKNOWN
    if before >= 0:
        after = max(after, unit.freed_at[before % RING] + 1)
    return max(unit.loader, after)


@engine(inline="always")
def _results_there(m):  # pragma: no cover - compiled
    """From when on as much of a product's output is there as the next block needs."""
    unit = m.unit[0]
    if unit.behind < 0:
        return np.int64(0)
    layer, product = m.vectors[unit.layer], m.products[unit.behind]
    fused = -1 - m.kinds[product.number - 1]
    block = min(unit.asked, layer.groups * layer.blocks - 1)
    place = layer.results_first + block * layer.results_step - 1
    if place < min(m.transfers[fused + 1] - m.transfers[fused], COUNTED_TRANSFERS):
        return min(m.completed[m.transfers[fused] + place] + 1, UNKNOWN)
    return min(product.ended + 1, UNKNOWN)


@engine(inline="always")
def vector_read(m, cycle):  # pragma: no cover - compiled
    """The next load is accepted in ``cycle``."""
    unit, layer = m.unit[0], m.vectors[m.unit[0].layer]
    label(m.ports.reader, unit.number, _READ)
    last_block = unit.block == layer.blocks - 1
    if unit.asks == TABLE:
        words, address = max(1, TABLE_BYTES // layer.bus_bytes), layer.t_address
    elif unit.asks == PARAMETERS:
        words, address = layer.p_words, layer.p_address + unit.group * layer.p_group
    elif unit.asks == A:
        words = layer.a_tail_words if last_block else layer.a_words
        address = layer.a_address + unit.group * layer.a_group + unit.block * layer.a_block
        address += unit.transfer * layer.a_stride
    else:
        words = layer.b_tail_words if last_block else layer.b_words
        address = layer.b_address + unit.block * layer.b_block
    site, block = NOTHING, unit.asked
    if unit.asks == B or (unit.asks == A and not layer.b_words and _last_transfer(unit, layer)):
        site = VECTOR_BLOCK
    read(m.shared[0], m.ports, cycle, address, words, site, block, 0)
    m.trace.counts[unit.number, BYTES_READ] += words * layer.bus_bytes
    unit.loader = cycle + 1
    if unit.asks == TABLE:
        unit.asks = PARAMETERS
        _skip_parameters(unit, layer)
    elif unit.asks == PARAMETERS:
        unit.asks = A
    elif unit.asks == A:
        ends = _last_transfer(unit, layer)
        unit.transfer += 1
        if ends:
            unit.asks = B
            if not layer.b_words:
                unit.loader += 1
                _block_asked(unit, layer)
    else:
        _block_asked(unit, layer)


@engine(inline="always")
def _last_transfer(unit, layer):  # pragma: no cover - compiled
    """Whether the transfer of A that is asked for is its block's last."""
    last_block = unit.block == layer.blocks - 1
    return unit.transfer + 1 == (layer.a_tail_count if last_block else layer.a_count)


@engine(inline="always")
def vector_block_came(m, block, cycle):  # pragma: no cover - compiled
    """The last word of a block came."""
    m.unit[0].came_at[block % RING] = cycle
    m.unit[0].came += 1


@engine(inline="always")
def sweep(m):  # pragma: no cover - compiled
    """Computes the next block, or ends the layer, if what that depends on is known."""
    unit = m.unit[0]
    if not unit.active:
        return False
    layer = m.vectors[unit.layer]
    each = layer.groups * layer.blocks
    counts = m.trace.counts[unit.number]
    if unit.swept == _times(layer) * each:
        if unit.sent < each or unit.unanswered:
            return False
        ended = max(unit.drained, unit.completed) + 1
        m.when[unit.number, ENDED] = ended
        counts[_STORES] += ended + 1 - unit.waits
        unit.active = 0
        return True
    if unit.swept == unit.came or unit.sent < unit.done - 1:
        return False
    statistics = layer.op == GROUPS and unit.swept < each
    last_block = unit.swept % layer.blocks == layer.blocks - 1
    there = max(unit.waits, unit.came_at[unit.swept % RING] + 1)
    begin = there
    if unit.done >= 2:
        begin = max(begin, unit.drained_at[(unit.done - 2) % RING] + 1)
    pixels = layer.tail_pixels if last_block else layer.pixels
    done = begin + duration(layer, pixels, statistics, last_block)
    read_by = done
    if once(layer, statistics, last_block):
        read_by -= VECTOR_SWEEP_LATENCY
    counts[_LOADS] += there - unit.waits
    counts[_STORES] += begin - there
    counts[_COMPUTE] += read_by + 1 - begin
    unit.waits = read_by + 1
    unit.freed_at[unit.swept % RING] = read_by
    unit.swept += 1
    if not statistics:
        unit.done_at[unit.done % RING] = done
        unit.done += 1
    return True


@engine(inline="always")
def vector_writes(m):  # pragma: no cover - compiled
    """From when on its store asks for the write port."""
    unit = m.unit[0]
    if not unit.active or unit.sent == unit.done or unit.sending:
        return UNKNOWN
    return max(unit.done_at[unit.sent % RING], unit.drained) + 1


@engine(inline="always")
def vector_write(m, cycle):  # pragma: no cover - compiled
    """Its store has the write port from ``cycle`` on, for a block."""
    unit, layer = m.unit[0], m.vectors[m.unit[0].layer]
    label(m.ports.writer, unit.number, _WRITTEN)
    group, block = unit.sent // layer.blocks, unit.sent % layer.blocks
    count, words = layer.o_count, layer.o_words
    if block == layer.blocks - 1:
        count, words = layer.o_tail_count, layer.o_tail_words
    address = layer.o_address + group * layer.o_group + block * layer.o_block
    place = m.transfers[unit.layer] + unit.stored
    unit.stored += count
    unit.sending = 1
    unit.unanswered += count
    data_from, stride = cycle + STORE_LATENCY, layer.o_stride
    write_block(
        m.shared[0], VECTOR_OUTPUT, place, count, address, stride, words, cycle + 1, data_from
    )
    m.trace.counts[unit.number, BYTES_WRITTEN] += count * words * layer.bus_bytes


@engine(inline="always")
def vector_sent(m, drained):  # pragma: no cover - compiled
    """The last word of the block that is sent was taken."""
    unit = m.unit[0]
    unit.sending, unit.drained = 0, drained
    unit.drained_at[unit.sent % RING] = drained
    unit.sent += 1


@engine(inline="always")
def vector_stored(m, place, completed):  # pragma: no cover - compiled
    """Memory has a transfer."""
    m.completed[place] = m.unit[0].completed = completed
    m.unit[0].unanswered -= 1
