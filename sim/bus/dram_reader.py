"""The read engine on DRAM, compiled: when it asks for the bursts of the reads that it has taken on.

Bursts of the scratchpad, if the machine has one, come in order with those of the DRAM. The
recurrences are derived in docs/axi.md and docs/dram.md.
"""

from golden.jit import engine
from golden.machine.timing import (
    AXI_READER_LATENCY,
    LOADS_UNDER_WAY,
    SCRATCHPAD_READ_LATENCY,
)
from sim.blocks.cycles import UNKNOWN
from sim.bus.transfer_log import count_near_as, log_as
from sim.dram.controller import bring


@engine
def ask_bursts(shared, ports):  # pragma: no cover - compiled
    """Asks for all bursts of which it is known when; the others wait for the end of one before."""
    bus_bytes, page_words, burst_words, _, _, near_bytes = ports.reader_parameters
    state = ports.reader.state
    in_flight = len(state) - 4
    while shared.asking < shared.reads:
        slot = shared.asking % LOADS_UNDER_WAY
        first = shared.ask_words == 0
        if first:
            shared.ask_address = shared.read_address[slot]
            shared.ask_words = shared.read_words[slot]
            state[0] = max(state[0], shared.read_accepted[slot] + AXI_READER_LATENCY - 1)
            shared.read_first[slot] = UNKNOWN
        place = state[2] % in_flight
        if state[4 + place] == UNKNOWN:
            return
        page_place = (shared.ask_address // bus_bytes) % page_words
        length = min(shared.ask_words, burst_words, page_words - page_place)
        state[0] = max(state[0], state[4 + place]) + 1
        tag = (place * LOADS_UNDER_WAY + slot) * 2 + (length == shared.ask_words)
        near = shared.ask_address < near_bytes
        shared.burst_near[place] = near
        state[4 + place] = UNKNOWN
        state[2] += 1
        if near:
            shared.burst_asked[place], shared.burst_words[place] = state[0], length
            shared.burst_tag[place] = tag
            _near_read(shared, ports)
        else:
            bring(ports.dram, False, state[0], shared.ask_address, length, tag)
        shared.ask_address += length * bus_bytes
        shared.ask_words -= length
        if shared.ask_words == 0:
            shared.asking += 1


@engine
def burst_read(shared, ports, tag, first, last):  # pragma: no cover - compiled
    """The words of a burst come; whether a read's last one does, which is its end."""
    ended = _ended(shared, ports, tag, first, last)
    ended += _near_read(shared, ports)
    ask_bursts(shared, ports)
    return ended > 0


@engine
def _near_read(shared, ports):  # pragma: no cover - compiled
    """The words of bursts of the scratchpad come before which none waits; how many reads end."""
    bus_bytes, _, _, _, _, _ = ports.reader_parameters
    state, controller = ports.reader.state, ports.dram.controller[0]
    in_flight = len(state) - 4
    ended = 0
    while shared.bursts_read < state[2]:
        place = shared.bursts_read % in_flight
        if not shared.burst_near[place]:
            break
        words, tag = shared.burst_words[place], shared.burst_tag[place]
        offered = shared.burst_asked[place] + SCRATCHPAD_READ_LATENCY
        controller.turns[0] += offered <= controller.taken
        first = max(offered, controller.near_taken + 1, controller.taken + 1)
        controller.near_taken = first + words - 1
        slot = tag // 2 % LOADS_UNDER_WAY
        layer, kind = shared.read_layer[slot], shared.read_kind[slot]
        count_near_as(ports.reader, layer, kind, words * bus_bytes)
        ended += _ended(shared, ports, tag, first, controller.near_taken)
    return ended


@engine
def _ended(shared, ports, tag, first, last):  # pragma: no cover - compiled
    """It is known when the words of the next burst come; 1 if it ends a read."""
    place, slot = tag // 2 // LOADS_UNDER_WAY, tag // 2 % LOADS_UNDER_WAY
    ports.reader.state[4 + place] = last
    shared.bursts_read += 1
    if shared.read_first[slot] == UNKNOWN:
        shared.read_first[slot] = first
    if tag % 2 == 0:
        return 0
    shared.read_ends[slot] = last
    log_as(
        ports.reader,
        shared.read_layer[slot],
        shared.read_kind[slot],
        shared.read_address[slot],
        shared.read_words[slot],
        shared.read_accepted[slot],
        shared.read_first[slot],
        last,
        last,
    )
    return 1
