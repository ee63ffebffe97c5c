"""The controller before the DRAM, compiled: which burst comes next, and when its words move.

The recurrence is that of docs/dram.md.
"""

import numpy as np

from golden.jit import njit
from sim.blocks.cycles import UNKNOWN
from sim.dram.access import access, refresh
from sim.dram.state import WAITING


@njit(cache=True, nogil=True)
def bring(dram, write, accepted, address, words, tag):  # pragma: no cover - compiled
    """A burst whose address, or whose last word to be written, is accepted in a cycle.

    Bursts of a kind come in order, none later than a choice after which it is seen. Time begins
    with the first.
    """
    controller = dram.controller[0]
    if controller.origin == UNKNOWN:
        controller.origin = accepted
    if write:
        burst = dram.writes[controller.writes % WAITING]
        controller.writes += 1
    else:
        burst = dram.reads[controller.reads % WAITING]
        controller.reads += 1
    burst.seen, burst.address, burst.words, burst.tag = accepted + 1, address, words, tag
    if controller.logged < len(dram.log):
        row = dram.log[controller.logged]
        row[0], row[1], row[2], row[3] = burst.seen, address, words, write
    controller.logged += 1


@njit(cache=True, nogil=True)
def next_choice(dram):  # pragma: no cover - compiled
    """In which cycle a burst is chosen next; :data:`UNKNOWN` while none waits."""
    controller, times = dram.controller[0], dram.times[0]
    first = UNKNOWN
    if controller.reads_chosen < controller.reads:
        first = min(first, dram.reads[controller.reads_chosen % WAITING].seen)
    if controller.writes_chosen < controller.writes:
        first = min(first, dram.writes[controller.writes_chosen % WAITING].seen)
    if first == UNKNOWN:
        return UNKNOWN
    sent = controller.sent_at[controller.choices % times.window]
    return max(first, controller.chosen + 1, sent)


@njit(cache=True, nogil=True)
def choose(dram, cycle):  # pragma: no cover - compiled
    """Chooses in that cycle, the next: whether it is a write, its tag, its first and last cycle.

    Of a read they are those in which words are taken by a consumer that never waits, of a write
    both are that of its response.
    """
    controller = dram.controller[0]
    write = _writes_go_first(dram, cycle)
    if write:
        burst = dram.writes[controller.writes_chosen % WAITING]
        controller.writes_chosen += 1
    else:
        burst = dram.reads[controller.reads_chosen % WAITING]
        controller.reads_chosen += 1
    first, last = _serve(dram, burst, write, cycle)
    return write, burst.tag, first, last


@njit(cache=True, nogil=True, inline="always")
def _writes_go_first(dram, cycle):  # pragma: no cover - compiled
    """Reads go first until a batch of writes waits, which goes then."""
    controller = dram.controller[0]
    if controller.batch:
        controller.batch -= 1
        return True
    waiting = np.int64(0)
    while controller.writes_chosen + waiting < controller.writes:
        if dram.writes[(controller.writes_chosen + waiting) % WAITING].seen > cycle:
            break
        waiting += 1
    if waiting >= dram.times[0].write_batch:
        controller.batch = waiting - 1
        return True
    if controller.reads_chosen == controller.reads:
        return True
    return dram.reads[controller.reads_chosen % WAITING].seen > cycle


@njit(cache=True, nogil=True)
def _serve(dram, burst, write, cycle):  # pragma: no cover - compiled
    """All accesses of a burst that is chosen in a cycle; O(1) for each."""
    controller, times = dram.controller[0], dram.times[0]
    origin, clock, tck = controller.origin, times.clock_ps, times.tck_ps
    begin = -((origin - cycle - 1) * clock // tck)
    while controller.refresh < begin:
        refresh(dram, controller.refresh)
        controller.refresh += times.refi
    after = times.write_data if write else times.read_data
    end = burst.address + burst.words * times.bus_bytes
    place = burst.address - burst.address % times.access_bytes
    first, words = np.int64(-1), np.int64(0)
    sent = there = np.int64(0)
    while place < end:
        tick = access(dram, place, write, begin)
        sent = max(sent, tick)
        there = max(there, tick + after)
        place += times.access_bytes
        if not write:
            came = (min(place, end) - burst.address) // times.bus_bytes - words
            if came > 0:
                taken = max(controller.taken + 1, origin + there * tck // clock + 1)
                if first < 0:
                    first = taken
                controller.taken = taken + came - 1
                words += came
        if write:
            controller.accesses_written += 1
        else:
            controller.accesses_read += 1
    controller.sent = max(controller.sent, origin + sent * tck // clock)
    controller.sent_at[controller.choices % times.window] = controller.sent
    controller.choices += 1
    controller.chosen = cycle
    if write:
        controller.answered = max(controller.answered + 1, origin + there * tck // clock + 1)
        return controller.answered, controller.answered
    return first, controller.taken
