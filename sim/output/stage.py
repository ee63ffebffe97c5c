"""The output stage, compiled: what becomes of a product's results on their way to memory.

The recurrence is that of docs/timing.md.
"""

import numpy as np

from golden.jit import njit
from golden.machine.timing import OUTPUT_LATENCY, STORE_LATENCY
from golden.vector.descriptor import TABLE_BYTES
from sim.blocks.queue_columns import ENDED, RING, STREAMS
from sim.bus.ports import UNKNOWN, read, write
from sim.bus.transfer_log import KIND, label
from sim.vector.layer import BYTES_READ, BYTES_WRITTEN

IDLE, TABLE, PARAMETERS, STREAMING = range(4)

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
        # Blocks that have come and were sent.
        ("came", np.int64),
        ("sent", np.int64),
        ("done_at", np.int64, (RING,)),
        ("drained_at", np.int64, (RING,)),
        ("drained", np.int64),
        ("completed", np.int64),
        # Transfers of the output so far.
        ("stored", np.int64),
    ]
)
"""How far it is"""
_READ, _WRITTEN = KIND["vector_read"], KIND["vector_written"]


@njit(cache=True, nogil=True, inline="always")
def configure(m, number, layer, started):  # pragma: no cover - compiled
    """Takes a fused layer on."""
    stage = m.stage[0]
    stage.number, stage.layer = number, layer
    stage.phase, stage.loader = TABLE, started + 1
    stage.streams = stage.finished = UNKNOWN
    stage.came = stage.sent = stage.stored = 0
    stage.drained = stage.completed = 0
    if not m.vectors[layer].table:
        stage.phase, stage.loader = PARAMETERS, started + 2


@njit(cache=True, nogil=True, inline="always")
def stage_reads(m):  # pragma: no cover - compiled
    """From when on it asks for its table or parameters."""
    stage = m.stage[0]
    return stage.loader if stage.phase in (TABLE, PARAMETERS) else UNKNOWN


@njit(cache=True, nogil=True, inline="always")
def stage_read(m, cycle):  # pragma: no cover - compiled
    """What it asks for is accepted in ``cycle``."""
    stage, layer = m.stage[0], m.vectors[m.stage[0].layer]
    label(m.ports.reader, stage.number, _READ)
    stage.loader = cycle + 1
    if stage.phase == TABLE:
        words = max(1, TABLE_BYTES // layer.bus_bytes)
        read(m.shared[0], m.ports, cycle, layer.t_address, words)
        stage.phase = PARAMETERS
    else:
        words = layer.p_words
        came = read(m.shared[0], m.ports, cycle, layer.p_address, words)
        stage.phase, stage.streams = STREAMING, cycle + 1
        m.when[stage.number, ENDED], m.when[stage.number, STREAMS] = came + 1, stage.streams
    m.trace.counts[stage.number, BYTES_READ] += words * layer.bus_bytes


@njit(cache=True, nogil=True, inline="always")
def _tail(layer, block):  # pragma: no cover - compiled
    """Whether a block is its group's last."""
    return block % layer.blocks == layer.blocks - 1


@njit(cache=True, nogil=True, inline="always")
def block_words(m):  # pragma: no cover - compiled
    """Bus words of results of the block that comes next."""
    stage, layer = m.stage[0], m.vectors[m.stage[0].layer]
    return layer.a_tail_words if _tail(layer, stage.came) else layer.a_words


@njit(cache=True, nogil=True, inline="always")
def room(m):  # pragma: no cover - compiled
    """From when on the next block may come."""
    stage = m.stage[0]
    if stage.came < 2:
        return np.int64(0)
    if stage.sent <= stage.came - 2:
        return UNKNOWN
    return stage.drained_at[(stage.came - 2) % RING] + 1


@njit(cache=True, nogil=True, inline="always")
def block_came(m, cycle):  # pragma: no cover - compiled
    """The next block's last word came."""
    stage = m.stage[0]
    stage.done_at[stage.came % RING] = cycle + OUTPUT_LATENCY
    stage.came += 1


@njit(cache=True, nogil=True, inline="always")
def stage_writes(m):  # pragma: no cover - compiled
    """From when on its store asks for the write port."""
    stage = m.stage[0]
    if stage.sent == stage.came:
        return UNKNOWN
    return max(stage.done_at[stage.sent % RING], stage.drained) + 1


@njit(cache=True, nogil=True, inline="always")
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
    command = cycle + 1
    for _ in range(count):
        accepted, stage.drained, stage.completed = write(
            m.shared[0], m.ports, command, address, words, cycle + STORE_LATENCY
        )
        m.completed[m.transfers[stage.layer] + stage.stored] = stage.completed
        stage.stored += 1
        command = accepted + 1
        address += layer.o_stride
    m.trace.counts[stage.number + 1, BYTES_WRITTEN] += count * words * layer.bus_bytes
    stage.drained_at[number % RING] = stage.drained
    stage.sent += 1
    if stage.sent == layer.groups * layer.blocks:
        stage.finished = max(stage.drained, stage.completed) + 1
        m.products[m.kinds[stage.number + 1]].output = stage.finished
        stage.phase = IDLE
