"""The write engine on DRAM, compiled: when it sends the words of a block of writes.

Bursts of the scratchpad, if the machine has one, go and are answered in order with those of the
DRAM. The recurrences are derived in docs/axi.md and docs/dram.md.
"""

from golden.jit import engine
from golden.machine.timing import BURST_SPLITTER_LATENCY, SCRATCHPAD_WRITE_LATENCY
from sim.blocks.cycles import UNKNOWN
from sim.bus.axi_writer import ADDRESS_AHEAD, SCRATCHPAD_AHEAD
from sim.bus.transfer_log import count_near, log
from sim.dram.controller import bring

NONE = -1
"""In the place of a burst"""


@engine
def send_bursts(shared, ports):  # pragma: no cover - compiled
    """Sends all bursts of the block of which it is known when; others wait for a response.

    The block's last word is known to be taken when ``block_left`` is 0. Returns early the place of
    a burst of the scratchpad that ends a transfer, and is answered; :data:`NONE` else.
    """
    bus_bytes, page_words, burst_words, _, _, near_bytes = ports.writer_parameters
    state = ports.writer.state
    in_flight = len(state) - 5
    while shared.block_left:
        if shared.send_words == 0:
            accepted = max(shared.block_command, shared.writer_free, state[0])
            state[0] = max(state[0], accepted + BURST_SPLITTER_LATENCY - 1)
            shared.writer_free = accepted + 1 + ports.rest
            shared.send_address, shared.send_words = shared.block_address, shared.block_words
            shared.send_accepted, shared.send_first = accepted, UNKNOWN
        place = state[3] % in_flight
        if state[5 + place] == UNKNOWN:
            break
        page_place = (shared.send_address // bus_bytes) % page_words
        length = min(shared.send_words, burst_words, page_words - page_place)
        state[0] = max(state[0], state[5 + place]) + 1
        near = shared.send_address < near_bytes
        ahead = SCRATCHPAD_AHEAD if near else ADDRESS_AHEAD
        start = max(state[0] + ahead, state[1] + 1, shared.block_from)
        state[1] = start + length - 1
        if shared.send_first == UNKNOWN:
            shared.send_first = start
        ends = length == shared.send_words
        shared.answer_near[place], shared.answer_ends[place] = near, ends
        shared.answer_last[place] = state[1]
        if near:
            count_near(ports.writer, length * bus_bytes)
        else:
            bring(ports.dram, True, state[1], shared.send_address, length, place)
        state[5 + place] = UNKNOWN
        state[3] += 1
        shared.send_address += length * bus_bytes
        shared.send_words -= length
        if ends:
            _sent(shared, ports, place)
        if near:
            ended = near_written(shared, ports)
            if ended != NONE:
                return ended
    return NONE


@engine
def _sent(shared, ports, place):  # pragma: no cover - compiled
    """The last burst of a transfer is sent."""
    taken = ports.writer.state[1]
    shared.answer_site[place] = shared.block_site
    shared.answer_place[place] = shared.block_place
    shared.answer_row[place] = ports.writer.now[0]
    log(
        ports.writer,
        shared.block_address,
        shared.block_words,
        shared.send_accepted,
        shared.send_first,
        taken,
        UNKNOWN,
    )
    next_of_block(shared, shared.send_accepted)
    if shared.block_left == 0:
        shared.block_free = taken + 1


@engine
def next_of_block(shared, accepted):  # pragma: no cover - compiled
    """On to the next transfer of the block."""
    shared.block_command = accepted + 1
    shared.block_address += shared.block_stride
    shared.block_place += 1
    shared.block_left -= 1


@engine
def near_written(shared, ports):  # pragma: no cover - compiled
    """Answers bursts of the scratchpad before which none waits, to the end of a transfer.

    The place of the burst that ends it; :data:`NONE` if none of them does.
    """
    state, controller = ports.writer.state, ports.dram.controller[0]
    in_flight = len(state) - 5
    while shared.answered < state[3]:
        place = shared.answered % in_flight
        if not shared.answer_near[place]:
            break
        offered = shared.answer_last[place] + SCRATCHPAD_WRITE_LATENCY
        controller.turns[2] += offered <= controller.answered
        done = max(offered, controller.near_answered + 1, controller.answered + 1)
        controller.near_answered = done
        if burst_written(shared, ports, place, done):
            return place
    return NONE


@engine
def burst_written(shared, ports, place, done):  # pragma: no cover - compiled
    """The next burst is answered; whether it is a transfer's last one."""
    shared.answered += 1
    ports.writer.state[2] = ports.writer.state[5 + place] = done
    if not shared.answer_ends[place]:
        return False
    row = shared.answer_row[place]
    if row < len(ports.writer.rows):
        ports.writer.rows[row, 7] = done
    return True
