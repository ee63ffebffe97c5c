"""Exact cycles of the read engine on a memory of fixed latency and rate, without ticking.

Bursts of the scratchpad, if the machine has one, come in order with those of memory.

The recurrences are derived in docs/axi.md.
"""

from collections.abc import Sequence

import numpy as np

from golden.jit import engine
from golden.machine.bursts import Transfer, split
from golden.machine.config import MachineConfig
from golden.machine.timing import AXI_READER_LATENCY, SCRATCHPAD_READ_LATENCY
from sim.blocks.cycles import LONG_AGO
from sim.blocks.streams import ReadyPattern
from sim.bus.transfer_log import BusEngine, count_near, log


def idle_reader(outstanding_reads: int, logged: int = 0) -> BusEngine:
    """An idle read engine and its memory for :func:`read_transfer`, which log ``logged`` transfers.

    Layout of the state: the last cycle in which a burst was asked for, the one in which the last
    word of memory was taken, the number of bursts, the cycle in which the last word of the
    scratchpad was taken, and those in which the last ``outstanding_reads`` bursts ended.
    """
    state = np.full(4 + outstanding_reads, LONG_AGO, np.int64)
    state[2] = 0
    return BusEngine.of(state, logged)


@engine
def read_transfer(
    engine, parameters, address, words, offered
):  # pragma: no cover - compiled; returns what the docstring says
    """One more transfer, offered from cycle ``offered`` on to a consumer that never waits.

    Returns the cycles in which it is accepted and its first and last word are taken; words come
    every ``memory_interval`` cycles within a burst, from the scratchpad in every cycle. ``engine``
    (:func:`idle_reader`) moves on. O(1) per burst.
    """
    bus_bytes, page_words, burst_words, latency, interval, near_bytes = parameters
    state = engine.state
    asked, taken, bursts, near_taken = state[0], state[1], state[2], state[3]
    in_flight = len(state) - 4
    accepted = max(np.int64(offered), asked)
    asked = max(asked, accepted + AXI_READER_LATENCY - 1)
    place = (address // bus_bytes) % page_words
    left = words
    first = last = np.int64(-1)
    while left > 0:
        length = min(left, burst_words, page_words - place)
        slot = 4 + bursts % in_flight
        asked = max(asked, state[slot]) + 1
        if address + (words - left) * bus_bytes < near_bytes:
            start = max(asked + SCRATCHPAD_READ_LATENCY, near_taken + 1, taken + 1)
            last = near_taken = start + length - 1
            count_near(engine, length * bus_bytes)
        else:
            start = max(asked + latency, taken + interval, near_taken + 1)
            last = taken = start + (length - 1) * interval
        state[slot] = last
        if first < 0:
            first = start
        bursts += 1
        left -= length
        place = (place + length) % page_words
    state[0], state[1], state[2], state[3] = asked, taken, bursts, near_taken
    log(engine, address, words, accepted, first, last, last)
    return accepted, first, last


def reader_cycles(
    transfers: Sequence[Transfer], gaps: Sequence[int], config: MachineConfig, ready: ReadyPattern
) -> list[int]:
    """The cycle in which each word is taken by a consumer that may wait.

    ``gaps`` are the producer's waits before each transfer, as in
    :func:`sim.tile.encoder.encoder_cycles`; ``ready`` is the consumer.
    """
    accepted, asked, word, memory_word = -1, -1, LONG_AGO, LONG_AGO
    ends: list[int] = []
    taken: list[int] = []
    for transfer, gap in zip(transfers, gaps, strict=True):
        accepted = max(accepted + 1 + gap, asked)
        asked = max(asked, accepted + AXI_READER_LATENCY - 1)
        for burst in split(transfer, config):
            if len(ends) >= config.outstanding_reads:
                asked = max(asked, ends[-config.outstanding_reads])
            asked += 1
            near = burst.address < config.scratchpad_bytes
            offered = asked + (SCRATCHPAD_READ_LATENCY if near else config.memory_latency)
            for _ in range(burst.words):
                if near:
                    word = ready.nth(max(offered, word + 1))
                else:
                    free = memory_word + config.memory_interval
                    word = memory_word = ready.nth(max(offered, free, word + 1))
                taken.append(word)
            ends.append(word)
    return taken
