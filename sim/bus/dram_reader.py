"""The read engine on DRAM, compiled: when it asks for the bursts of the reads that it has taken on.

The recurrences are derived in docs/axi.md and docs/dram.md.
"""

from golden.jit import engine
from golden.machine.timing import AXI_READER_LATENCY, LOADS_UNDER_WAY
from sim.blocks.cycles import UNKNOWN
from sim.bus.transfer_log import log_as
from sim.dram.controller import bring


@engine
def ask_bursts(shared, ports):  # pragma: no cover - compiled
    """Asks for all bursts of which it is known when; the others wait for the end of one before."""
    bus_bytes, page_words, burst_words, _, _, _ = ports.reader_parameters
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
        bring(ports.dram, False, state[0], shared.ask_address, length, tag)
        state[4 + place] = UNKNOWN
        state[2] += 1
        shared.ask_address += length * bus_bytes
        shared.ask_words -= length
        if shared.ask_words == 0:
            shared.asking += 1


@engine
def burst_read(shared, ports, tag, first, last):  # pragma: no cover - compiled
    """The words of a burst come; whether it is a read's last one, which is its end."""
    place, slot = tag // 2 // LOADS_UNDER_WAY, tag // 2 % LOADS_UNDER_WAY
    ports.reader.state[4 + place] = last
    if shared.read_first[slot] == UNKNOWN:
        shared.read_first[slot] = first
    if tag % 2:
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
    ask_bursts(shared, ports)
    return tag % 2 == 1
