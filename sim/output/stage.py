"""The output stage, compiled: what becomes of a product's results on their way to memory.

The recurrence is that of docs/timing.md.
"""

import numpy as np

from golden.jit import engine
from golden.machine.timing import OUTPUT_LATENCY, STORE_LATENCY
from golden.vector.descriptor import TABLE_BYTES
from sim.blocks.cycles import UNKNOWN
from sim.blocks.queue_columns import ENDED, RING, STREAMS
from sim.blocks.sites import ADDENDS, NOTHING, OUTPUT, PARAMETERS
from sim.bus.ports import read, write_block
from sim.bus.transfer_log import KIND, label
from sim.vector.layer import BYTES_READ, BYTES_WRITTEN, NARROW, SUM

IDLE, LOADS_TABLE, LOADS_PARAMETERS, STREAMING = range(4)

STAGE = np.dtype(
    [
        ("phase", np.int64),
        # The fused layer: its place in the queue and among the vector layers.
        ("number", np.int64),
        ("layer", np.int64),
        # When it can ask for the next, from when on it takes results, when it has sent all.
        ("loader", np.int64),
        ("streams", np.int64),
        ("finished", np.int64),
        # Its addends: where the loader is, blocks whose all were asked for, and came, and when.
        ("group", np.int64),
        ("block", np.int64),
        ("transfer", np.int64),
        ("asked", np.int64),
        ("there", np.int64),
        ("addends_at", np.int64, (RING,)),
        # Blocks that have come and were sent.
        ("came", np.int64),
        ("sent", np.int64),
        ("done_at", np.int64, (RING,)),
        ("drained_at", np.int64, (RING,)),
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


@engine(inline="always")
def configure(m, number, layer, started):  # pragma: no cover - compiled
    """Takes a fused layer on."""
    stage = m.stage[0]
    stage.number, stage.layer = number, layer
    stage.phase, stage.loader = LOADS_TABLE, started + 1
    stage.streams = stage.finished = UNKNOWN
    stage.came = stage.sent = stage.stored = 0
    stage.group = stage.block = stage.transfer = stage.asked = stage.there = 0
    stage.drained = stage.completed = stage.sending = stage.unanswered = 0
    if not m.vectors[layer].table:
        stage.phase, stage.loader = LOADS_PARAMETERS, started + 2


@engine(inline="always")
def stage_reads(m):  # pragma: no cover - compiled
    """From when on it asks for its table, parameters or addends."""
    stage = m.stage[0]
    if stage.phase in (LOADS_TABLE, LOADS_PARAMETERS):
        return stage.loader
    layer = m.vectors[stage.layer]
    if stage.phase == IDLE or layer.op != SUM or stage.asked == layer.groups * layer.blocks:
        return UNKNOWN
    product = m.products[m.kinds[stage.number + 1]]
    if product.started == UNKNOWN:
        return UNKNOWN
    after = max(stage.loader, product.started + 1)
    if stage.transfer == 0 and stage.asked >= 2:
        before = stage.asked - 2
        if stage.came <= before:
            return UNKNOWN
        after = max(after, stage.done_at[before % RING] + 1)
    return after


@engine(inline="always")
def stage_read(m, cycle):  # pragma: no cover - compiled
    """What it asks for is accepted in ``cycle``."""
    stage, layer = m.stage[0], m.vectors[m.stage[0].layer]
    # Addends are the product's, which runs.
    number = stage.number + (stage.phase == STREAMING)
    label(m.ports.reader, number, _READ)
    stage.loader = cycle + 1
    if stage.phase == STREAMING:
        words = _read_addends(m, cycle)
    elif stage.phase == LOADS_TABLE:
        words = max(1, TABLE_BYTES // layer.bus_bytes)
        read(m.shared[0], m.ports, cycle, layer.t_address, words, NOTHING, 0, 0)
        stage.phase = LOADS_PARAMETERS
    else:
        words = layer.p_words
        read(m.shared[0], m.ports, cycle, layer.p_address, words, PARAMETERS, number, 0)
        stage.phase, stage.streams = STREAMING, cycle + 1
        m.when[number, STREAMS] = stage.streams
    m.trace.counts[number, BYTES_READ] += words * layer.bus_bytes


@engine(inline="always")
def _read_addends(m, cycle):  # pragma: no cover - compiled
    """A transfer of the addends is accepted in ``cycle``; its words."""
    stage, layer = m.stage[0], m.vectors[m.stage[0].layer]
    last = stage.block == layer.blocks - 1
    address = layer.b_address
    if layer.b_vector:
        count, words = 1, layer.b_tail_words if last else layer.b_words
        address += stage.group * layer.b_block
    else:
        count, words = layer.o_count, layer.o_words
        if last:
            count, words = layer.o_tail_count, layer.o_tail_words
        scale = 2 if layer.o_size == NARROW else 1
        words *= scale
        place = stage.group * layer.o_group + stage.block * layer.o_block
        address += scale * (place + stage.transfer * layer.o_stride)
    stage.transfer += 1
    site = ADDENDS if stage.transfer == count else NOTHING
    read(m.shared[0], m.ports, cycle, address, words, site, 0, 0)
    if stage.transfer == count:
        stage.asked += 1
        stage.transfer = 0
        stage.block += 1
        if stage.block == layer.blocks:
            stage.block = 0
            stage.group += 1
    return words


@engine(inline="always")
def parameters_came(m, number, cycle):  # pragma: no cover - compiled
    """The last word of a fused layer's parameters came."""
    m.when[number, ENDED] = cycle + 1


@engine(inline="always")
def addends_came(m, cycle):  # pragma: no cover - compiled
    """The last word of a block's addends came."""
    stage = m.stage[0]
    stage.addends_at[stage.there % RING] = cycle
    stage.there += 1


@engine(inline="always")
def _tail(layer, block):  # pragma: no cover - compiled
    """Whether a block is its group's last."""
    return block % layer.blocks == layer.blocks - 1


@engine(inline="always")
def block_words(m):  # pragma: no cover - compiled
    """Bus words of results of the block that comes next."""
    stage, layer = m.stage[0], m.vectors[m.stage[0].layer]
    return layer.a_tail_words if _tail(layer, stage.came) else layer.a_words


@engine(inline="always")
def room(m):  # pragma: no cover - compiled
    """From when on the next block may come."""
    stage = m.stage[0]
    after = np.int64(0)
    if m.vectors[stage.layer].op == SUM:
        if stage.there <= stage.came:
            return UNKNOWN
        after = stage.addends_at[stage.came % RING] + 2
    if stage.came < 2:
        return after
    if stage.sent <= stage.came - 2:
        return UNKNOWN
    return max(after, stage.drained_at[(stage.came - 2) % RING] + 1)


@engine(inline="always")
def block_came(m, cycle):  # pragma: no cover - compiled
    """The next block's last word came."""
    stage = m.stage[0]
    stage.done_at[stage.came % RING] = cycle + OUTPUT_LATENCY
    stage.came += 1


@engine(inline="always")
def stage_writes(m):  # pragma: no cover - compiled
    """From when on its store asks for the write port."""
    stage = m.stage[0]
    if stage.sent == stage.came or stage.sending:
        return UNKNOWN
    return max(stage.done_at[stage.sent % RING], stage.drained) + 1


@engine(inline="always")
def stage_write(m, cycle):  # pragma: no cover - compiled
    """Its store has the write port from ``cycle`` on, for a block."""
    stage, layer = m.stage[0], m.vectors[m.stage[0].layer]
    label(m.ports.writer, stage.number, _WRITTEN)
    number = stage.sent
    group, block = number // layer.blocks, number % layer.blocks
    count, words = layer.o_count, layer.o_words
    if _tail(layer, number):
        count, words = layer.o_tail_count, layer.o_tail_words
    address = layer.o_address + group * layer.o_group + block * layer.o_block
    place = m.transfers[stage.layer] + stage.stored
    stage.stored += count
    stage.sending = 1
    stage.unanswered += count
    data_from, stride = cycle + STORE_LATENCY, layer.o_stride
    write_block(m.shared[0], OUTPUT, place, count, address, stride, words, cycle + 1, data_from)
    m.trace.counts[stage.number + 1, BYTES_WRITTEN] += count * words * layer.bus_bytes


@engine(inline="always")
def output_sent(m, drained):  # pragma: no cover - compiled
    """The last word of the block that is sent was taken."""
    stage = m.stage[0]
    stage.sending, stage.drained = 0, drained
    stage.drained_at[stage.sent % RING] = drained
    stage.sent += 1
    _end(m)


@engine(inline="always")
def output_stored(m, place, completed):  # pragma: no cover - compiled
    """Memory has a transfer."""
    stage = m.stage[0]
    m.completed[place] = stage.completed = completed
    stage.unanswered -= 1
    _end(m)


@engine(inline="always")
def _end(m):  # pragma: no cover - compiled
    """Memory may have all of the output."""
    stage, layer = m.stage[0], m.vectors[m.stage[0].layer]
    if stage.sent == layer.groups * layer.blocks and not stage.unanswered:
        stage.finished = max(stage.drained, stage.completed) + 1
        m.products[m.kinds[stage.number + 1]].output = stage.finished
        stage.phase = IDLE
