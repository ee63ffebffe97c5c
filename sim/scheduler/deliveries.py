"""What becomes of reads whose last word came, and of writes that memory has, compiled."""

from golden.jit import engine
from golden.machine.timing import LOADS_UNDER_WAY
from sim.blocks.cycles import UNKNOWN
from sim.blocks.sites import (
    ADDENDS,
    DESCRIPTOR,
    LOAD,
    OUTPUT,
    PARAMETERS,
    RESULTS,
    VECTOR_BLOCK,
)
from sim.bus.dram_reader import burst_read
from sim.bus.dram_writer import NONE, burst_written, near_written, send_bursts
from sim.bus.ports import write_next
from sim.dram.controller import choose, next_choice
from sim.output.stage import addends_came, output_sent, output_stored, parameters_came
from sim.scheduler.loader import load_came
from sim.scheduler.store import results_sent, results_stored
from sim.vector.unit import vector_block_came, vector_sent, vector_stored


@engine(inline="always")
def deliver(m):  # pragma: no cover - compiled
    """The next read's last word came, if it is known when; whether it is."""
    shared = m.shared[0]
    slot = shared.delivered % LOADS_UNDER_WAY
    if shared.delivered == shared.reads or shared.read_ends[slot] == UNKNOWN:
        return False
    shared.delivered += 1
    site, cycle = shared.read_site[slot], shared.read_ends[slot]
    if site == LOAD:
        load_came(m, shared.read_place[slot], shared.read_what[slot], cycle)
    elif site == VECTOR_BLOCK:
        vector_block_came(m, shared.read_place[slot], cycle)
    elif site == ADDENDS:
        addends_came(m, cycle)
    elif site == DESCRIPTOR:
        m.engines[0].descriptor = cycle
    elif site == PARAMETERS:
        parameters_came(m, shared.read_place[slot], cycle)
    return True


@engine(inline="always")
def send_block(m):  # pragma: no cover - compiled
    """Goes on with the block of writes that has the port; whether more of it is known."""
    shared = m.shared[0]
    if shared.block_left == 0:
        return False
    site = shared.block_site
    stored = True
    if m.ports.on_dram:
        ended = send_bursts(shared, m.ports)
        stored = ended != NONE
        if stored:
            _answered(m, ended)
    else:
        place = shared.block_place
        _, completed = write_next(shared, m.ports)
        _stored(m, site, place, completed)
    if shared.block_left == 0:
        drained = shared.block_free - 1
        if site == RESULTS:
            results_sent(m, drained)
        elif site == OUTPUT:
            output_sent(m, drained)
        else:
            vector_sent(m, drained)
        return True
    return stored


@engine
def choose_bursts(m, until):  # pragma: no cover - compiled
    """The DRAM's controller chooses bursts up to a cycle; whether an engine may go on by that."""
    shared, ports, dram = m.shared[0], m.ports, m.ports.dram
    while True:
        cycle = next_choice(dram)
        if cycle == UNKNOWN or cycle > until:
            return False
        write, tag, first, last = choose(dram, cycle)
        if not write:
            asking = shared.asking
            if burst_read(shared, ports, tag, first, last) or shared.asking > asking:
                return True
        else:
            ended = burst_written(shared, ports, tag, last)
            if ended:
                _answered(m, tag)
            place = near_written(shared, ports)
            while place != NONE:
                ended = True
                _answered(m, place)
                place = near_written(shared, ports)
            if ended or shared.block_left:
                return True


@engine
def _answered(m, place):  # pragma: no cover - compiled
    """A transfer's last burst, by its place, is answered."""
    shared = m.shared[0]
    completed = m.ports.writer.state[5 + place]
    _stored(m, shared.answer_site[place], shared.answer_place[place], completed)


@engine(inline="always")
def _stored(m, site, place, completed):  # pragma: no cover - compiled
    """Memory has a transfer."""
    if site == RESULTS:
        results_stored(m, place, completed)
    elif site == OUTPUT:
        output_stored(m, place, completed)
    else:
        vector_stored(m, place, completed)
