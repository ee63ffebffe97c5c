"""All engines of the accelerator, compiled: who has the ports to memory, event after event.

Engines go on by themselves until they ask for a port. Whoever has it next is known: what others
still wait for comes later than that. The recurrence is that of docs/timing.md; cycles are counted
from the queue's start.
"""

from golden.jit import engine
from sim.blocks.cycles import LONG_AGO, UNKNOWN
from sim.bus.ports import read_ready
from sim.output.stage import stage_read, stage_reads, stage_write, stage_writes
from sim.scheduler.causes import count_gaps
from sim.scheduler.deliveries import choose_bursts, deliver, send_block
from sim.scheduler.engine_layouts import LOADS
from sim.scheduler.issue import fetch, issue, retire
from sim.scheduler.loader import load, load_wanted
from sim.scheduler.sequencer import sequence
from sim.scheduler.store import send, store, store_wanted
from sim.vector.unit import (
    sweep,
    vector_read,
    vector_reads,
    vector_write,
    vector_writes,
)


@engine
def run_queue(m):  # pragma: no cover - compiled
    """Runs a queue of which nothing has happened, and fills its trace; whether it comes to its end.

    See :class:`sim.scheduler.engine_layouts.Machine`; its ports move on.
    """
    _reset(m)
    while True:
        while (
            deliver(m)
            or send_block(m)
            or retire(m)
            or issue(m)
            or sequence(m)
            or store(m)
            or sweep(m)
        ):
            pass
        if not _read_or_write(m):
            break
    if m.engines[0].retired < len(m.kinds):
        return False
    count_gaps(m)
    for number in range(len(m.kinds)):
        kind = m.kinds[number]
        for column in range(4):
            m.trace.layers[number, column] = m.when[number, column]
        m.trace.layers[number, 4] = m.products[kind].loaded if kind >= 0 else 0
    return True


@engine
def _reset(m):  # pragma: no cover - compiled
    """Nothing has happened yet; the queue is started in cycle 0."""
    engines = m.engines[0]
    engines.used[:] = -1
    engines.sequencer = engines.loader = engines.fetch = 1
    engines.descriptor = UNKNOWN
    m.unit[0].number = -1
    m.shared[0].read_ends[:] = LONG_AGO
    m.trace.counts[:] = 0
    blocks = timed = passes = 0
    for number in range(len(m.kinds)):
        kind = m.kinds[number]
        if kind < 0:
            continue
        product, layer = m.products[kind], m.layers[kind]
        product.number, product.behind = number, -1
        product.started = product.taken = product.stored = product.ended = UNKNOWN
        product.output = UNKNOWN
        product.blocks, product.passes, product.timed = blocks, passes, timed
        product.loads = len(LOADS) * passes
        more = layer.row_blocks * layer.groups
        blocks += more
        passes += more * layer.chunks
        timed += layer.row_blocks * layer.chunks


@engine(inline="always")
def _read_or_write(m):  # pragma: no cover - compiled
    """Gives the port that is asked for first to one engine, or lets the DRAM choose; whether any.

    What is granted in the cycle of a choice or later is seen by later ones only.
    """
    descriptor, stage, loads, vector = (
        m.engines[0].fetch,
        stage_reads(m),
        load_wanted(m),
        vector_reads(m),
    )
    first = min(descriptor, stage, loads, vector)
    reads = max(first, read_ready(m.shared[0], m.ports)) if first < UNKNOWN else UNKNOWN
    results, outputs, vectors = store_wanted(m), stage_writes(m), vector_writes(m)
    first = min(results, outputs, vectors)
    writes = max(first, m.shared[0].block_free) if first < UNKNOWN else UNKNOWN
    if m.ports.on_dram and choose_bursts(m, min(reads, writes)):
        return True
    if reads == UNKNOWN and writes == UNKNOWN:
        return False
    if reads <= writes:
        if descriptor <= reads:
            fetch(m, reads)
        elif stage <= reads:
            stage_read(m, reads)
        elif loads <= reads:
            load(m, reads)
        else:
            vector_read(m, reads)
    elif results <= writes:
        m.ports.ties[0] += outputs <= writes
        m.ports.ties[1] += vectors <= writes
        send(m, writes)
    elif outputs <= writes:
        stage_write(m, writes)
    else:
        vector_write(m, writes)
    return True
