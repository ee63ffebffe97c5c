"""All engines of the accelerator, compiled: who has the ports to memory, event after event.

Engines go on by themselves until they ask for a port. Whoever has it next is known: what others
still wait for comes later than that. The recurrence is that of docs/timing.md; cycles are counted
from the queue's start.
"""

from golden.jit import njit
from sim.bus.ports import UNKNOWN, read_ready
from sim.output.stage import stage_read, stage_reads, stage_write, stage_writes
from sim.scheduler.causes import count_gaps
from sim.scheduler.engine_layouts import RETIRED, STARTED, Machine
from sim.scheduler.issue import fetch, issue, retire
from sim.scheduler.loader import load, load_wanted
from sim.scheduler.sequencer import sequence
from sim.scheduler.store import send, store, store_wanted
from sim.vector.unit import sweep, vector_read, vector_reads, vector_write, vector_writes

__all__ = ["Machine", "run_queue"]


@njit(cache=True, nogil=True)
def run_queue(m):  # pragma: no cover - compiled
    """Runs the queue of an idle :class:`Machine` and fills its trace; whether it comes to an end.

    ``m.ports`` move on.
    """
    while True:
        while retire(m) or issue(m) or sequence(m) or store(m) or sweep(m):
            pass
        if not (_read_or_write(m)):
            break
    if m.engines[0].retired < len(m.kinds):
        return False
    count_gaps(m)
    for number in range(len(m.kinds)):
        layer = m.trace.layers[number]
        layer[0], layer[1], layer[2] = m.when[number, STARTED], m.when[number, RETIRED], 0
        if m.kinds[number] >= 0:
            layer[2] = m.products[m.kinds[number]].loaded
    return True


@njit(cache=True, nogil=True)
def _read_or_write(m):  # pragma: no cover - compiled
    """Gives the port that is asked for first to one engine; whether any was."""
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
        send(m, writes)
    elif outputs <= writes:
        stage_write(m, writes)
    else:
        vector_write(m, writes)
    return True
