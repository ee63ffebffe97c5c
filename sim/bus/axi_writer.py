"""Exact cycles of the write engine on a memory of fixed latency and rate, without ticking.

Bursts of the scratchpad, if the machine has one, go and are answered in order with those of memory.

The recurrences are derived in docs/axi.md.
"""

from collections.abc import Sequence

import numpy as np

from golden.jit import engine
from golden.machine.bursts import Transfer, split
from golden.machine.config import MachineConfig
from golden.machine.timing import (
    BURST_QUEUE_LATENCY,
    BURST_SPLITTER_LATENCY,
    SCRATCHPAD_WRITE_LATENCY,
)
from sim.blocks.cycles import LONG_AGO
from sim.blocks.streams import ReadyPattern
from sim.bus.transfer_log import BusEngine, count_near, log

ADDRESS_AHEAD = 2
"""From a burst's issue to the earliest cycle in which its first word is taken: its address is
offered in the next cycle, and the memory takes words of addresses that it has."""
SCRATCHPAD_AHEAD = BURST_QUEUE_LATENCY
"""The same of a burst of the scratchpad, which takes words as soon as the burst is queued."""


def idle_writer(outstanding_writes: int, logged: int = 0) -> BusEngine:
    """An idle write engine and its memory for :func:`write_transfer`, which log ``logged`` ones.

    Layout of the state: the cycles of the last issue, word to memory and response, the number of
    bursts, the cycle of the last word to the scratchpad, and the response cycles of the last
    ``outstanding_writes`` bursts.
    """
    state = np.full(5 + outstanding_writes, LONG_AGO, np.int64)
    state[3] = 0
    return BusEngine.of(state, logged)


@engine
def write_transfer(
    engine, parameters, address, words, offered, data_from
):  # pragma: no cover - compiled
    """One more transfer, offered from cycle ``offered`` on.

    Its words are offered from cycle ``data_from`` on and never late after that; its end is taken
    at once. Returns the cycles in which it is accepted, its first and last word are taken, and it
    is done. ``engine`` (:func:`idle_writer`) moves on. O(1) per burst.
    """
    bus_bytes, page_words, burst_words, latency, interval, near_bytes = parameters
    state = engine.state
    issued, taken, answered, bursts = state[0], state[1], state[2], state[3]
    near_taken = state[4]
    in_flight = len(state) - 5
    accepted = max(np.int64(offered), issued)
    issued = max(issued, accepted + BURST_SPLITTER_LATENCY - 1)
    place = (address // bus_bytes) % page_words
    left = words
    first = last = np.int64(-1)
    while left > 0:
        length = min(left, burst_words, page_words - place)
        slot = 5 + bursts % in_flight
        issued = max(issued, state[slot]) + 1
        if address + (words - left) * bus_bytes < near_bytes:
            start = max(issued + SCRATCHPAD_AHEAD, near_taken + 1, taken + 1, data_from)
            last = near_taken = start + length - 1
            answered = max(last + SCRATCHPAD_WRITE_LATENCY, answered + 1)
            count_near(engine, length * bus_bytes)
        else:
            start = max(issued + ADDRESS_AHEAD, taken + interval, near_taken + 1, data_from)
            last = taken = start + (length - 1) * interval
            answered = max(taken + latency, answered + 1)
        state[slot] = answered
        if first < 0:
            first = start
        bursts += 1
        left -= length
        place = (place + length) % page_words
    state[0], state[1], state[2], state[3] = issued, taken, answered, bursts
    state[4] = near_taken
    log(engine, address, words, accepted, first, last, answered)
    return accepted, first, last, answered


def writer_cycles(
    transfers: Sequence[Transfer],
    gaps: Sequence[int],
    data_gaps: Sequence[int],
    config: MachineConfig,
    ready: ReadyPattern,
) -> tuple[list[int], list[int]]:
    """The cycle in which each word leaves its producer, and the one in which each end is taken.

    ``gaps`` are the waits before each transfer, ``data_gaps`` before each word, as in
    :func:`sim.tile.encoder.encoder_cycles`; ``ready`` is the consumer of the ends.
    """
    accepted, issued, word, answered = -1, -1, -1, -1
    free = LONG_AGO
    answers: list[int] = []
    taken: list[int] = []
    done: list[int] = []
    for transfer, gap in zip(transfers, gaps, strict=True):
        accepted = max(accepted + 1 + gap, issued)
        issued = max(issued, accepted + BURST_SPLITTER_LATENCY - 1)
        bursts = split(transfer, config)
        for number, burst in enumerate(bursts):
            if len(answers) >= config.outstanding_writes:
                issued = max(issued, answers[-config.outstanding_writes])
            issued += 1
            near = burst.address < config.scratchpad_bytes
            addressed = issued + (SCRATCHPAD_AHEAD if near else ADDRESS_AHEAD)
            latency = SCRATCHPAD_WRITE_LATENCY if near else config.memory_latency
            for _ in range(burst.words):
                word = max(word + 1 + data_gaps[len(taken)], addressed)
                if not near:
                    word = max(word, free)
                    free = word + config.memory_interval
                taken.append(word)
            answered = max(answered + 1, word + latency)
            if number == len(bursts) - 1:
                answered = ready.nth(answered)
                done.append(answered)
            answers.append(answered)
    return taken, done
