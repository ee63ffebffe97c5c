"""The controller before the DRAM, compiled: which burst comes next, and when its words move.

The recurrence is that of docs/dram.md.
"""

import numpy as np

from golden.jit import engine
from sim.blocks.cycles import UNKNOWN
from sim.dram.access import access, refresh
from sim.dram.state import WAITING


@engine
def bring(dram, write, accepted, address, words, tag):  # pragma: no cover - compiled
    """A burst whose address, or whose last word to be written, is accepted in a cycle.

    Bursts of a kind come in order, none later than a choice after which it is seen. Time begins
    with the first, of either kind, that is accepted.
    """
    controller = dram.controller[0]
    controller.turns[4] += accepted < controller.origin < UNKNOWN
    controller.origin = min(controller.origin, accepted)
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


@engine
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


@engine
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


@engine(inline="always")
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


@engine
def _serve(dram, burst, write, cycle):  # pragma: no cover - compiled
    """All accesses of a burst that is chosen in a cycle; O(1) for each."""
    controller, times = dram.controller[0], dram.times[0]
    begin = -((controller.origin - cycle - 1) * times.clock_ps // times.tck_ps)
    while controller.refresh < begin:
        refresh(dram, controller.refresh)
        controller.refresh += times.refi
    channels, groups, banks = dram.channels, dram.groups, dram.banks
    if write:
        return _write(times, controller, channels, groups, banks, burst, cycle, begin)
    return _read(times, controller, channels, groups, banks, burst, cycle, begin)


@engine
def _read(
    times, controller, channels, groups, banks, burst, cycle, begin
):  # pragma: no cover - compiled
    shift, bus, data = times.access_shift, times.bus_shift, times.read_data
    place, end = burst.address >> shift, burst.address + (burst.words << bus)
    last = (end - 1) >> shift
    controller.accesses_read += last + 1 - place
    first, words = np.int64(-1), np.int64(0)
    taken = max(controller.taken, controller.near_taken)
    sent = there = np.int64(0)
    while place <= last:
        at = place << shift
        tick = access(times, controller, channels, groups, banks, at, False, begin)
        sent = max(sent, tick)
        there = max(there, tick + data)
        place += 1
        came = ((min(place << shift, end) - burst.address) >> bus) - words
        if came > 0:
            offered = controller.origin + _cycle(there, times) + 1
            taken = max(taken + 1, offered)
            if first < 0:
                first = taken
                controller.turns[1] += offered <= controller.near_taken
            taken += came - 1
            words += came
    controller.taken = taken
    _all_sent(controller, times, sent, cycle)
    return first, taken


@engine
def _write(
    times, controller, channels, groups, banks, burst, cycle, begin
):  # pragma: no cover - compiled
    shift = times.access_shift
    place = burst.address >> shift
    last = (burst.address + (burst.words << times.bus_shift) - 1) >> shift
    controller.accesses_written += last + 1 - place
    sent = np.int64(0)
    while place <= last:
        at = place << shift
        tick = access(times, controller, channels, groups, banks, at, True, begin)
        sent = max(sent, tick)
        place += 1
    offered = controller.origin + _cycle(sent + times.write_data, times) + 1
    controller.turns[3] += offered <= controller.near_answered
    controller.answered = max(offered, controller.answered + 1, controller.near_answered + 1)
    _all_sent(controller, times, sent, cycle)
    return controller.answered, controller.answered


@engine(inline="always")
def _all_sent(controller, times, sent, cycle):  # pragma: no cover - compiled
    """A burst that was chosen in a cycle has its last column command in tick ``sent``."""
    controller.sent = max(controller.sent, controller.origin + _cycle(sent, times))
    controller.sent_at[controller.choices % times.window] = controller.sent
    controller.choices += 1
    controller.chosen = cycle


@engine(inline="always")
def _cycle(tick, times):  # pragma: no cover - compiled
    """The cycle, from the first address on, that a tick is in; integers divide ten times slower."""
    cycle = np.int64(tick * times.tick_cycles)
    rest = tick * times.tck_ps - cycle * times.clock_ps
    if rest < 0:
        return cycle - 1
    return cycle + 1 if rest >= times.clock_ps else cycle
