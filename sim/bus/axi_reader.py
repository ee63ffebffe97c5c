"""Exact cycles of the read engine on a memory of fixed latency and rate, without ticking.

The recurrences are derived in docs/axi.md.
"""

from collections.abc import Sequence

import numpy as np

from golden.jit import engine
from golden.machine.bursts import Transfer, split
from golden.machine.config import MachineConfig
from golden.machine.timing import AXI_READER_LATENCY
from sim.blocks.cycles import LONG_AGO
from sim.blocks.streams import ReadyPattern
from sim.bus.transfer_log import BusEngine, log


def idle_reader(outstanding_reads: int, logged: int = 0) -> BusEngine:
    """An idle read engine and its memory for :func:`read_transfer`, which log ``logged`` transfers.

    Layout of the state: the last cycle in which a burst was asked for, the one in which the last
    word was taken, the number of bursts, and the cycles in which the last ``outstanding_reads`` of
    them ended.
    """
    state = np.full(3 + outstanding_reads, LONG_AGO, np.int64)
    state[2] = 0
    return BusEngine.of(state, logged)


@engine
def read_transfer(
    engine, parameters, address, words, offered
):  # pragma: no cover - compiled; returns what the docstring says
    """One more transfer, offered from cycle ``offered`` on to a consumer that never waits.

    Returns the cycles in which it is accepted and its first and last word are taken; words come
    every ``memory_interval`` cycles within a burst. ``engine`` (:func:`idle_reader`) moves on.
    O(1) per burst.
    """
    bus_bytes, page_words, burst_words, latency, interval = parameters
    state = engine.state
    asked, taken, bursts = state[0], state[1], state[2]
    in_flight = len(state) - 3
    accepted = max(np.int64(offered), asked)
    asked = max(asked, accepted + AXI_READER_LATENCY - 1)
    place = (address // bus_bytes) % page_words
    left = words
    first = np.int64(-1)
    while left > 0:
        length = min(left, burst_words, page_words - place)
        slot = 3 + bursts % in_flight
        asked = max(asked, state[slot]) + 1
        start = max(asked + latency, taken + interval)
        taken = start + (length - 1) * interval
        state[slot] = taken
        if first < 0:
            first = start
        bursts += 1
        left -= length
        place = (place + length) % page_words
    state[0], state[1], state[2] = asked, taken, bursts
    log(engine, address, words, accepted, first, taken, taken)
    return accepted, first, taken


def reader_cycles(
    transfers: Sequence[Transfer], gaps: Sequence[int], config: MachineConfig, ready: ReadyPattern
) -> list[int]:
    """The cycle in which each word is taken by a consumer that may wait.

    ``gaps`` are the producer's waits before each transfer, as in
    :func:`sim.tile.encoder.encoder_cycles`; ``ready`` is the consumer.
    """
    accepted, asked, word = -1, -1, LONG_AGO
    ends: list[int] = []
    taken: list[int] = []
    for transfer, gap in zip(transfers, gaps, strict=True):
        accepted = max(accepted + 1 + gap, asked)
        asked = max(asked, accepted + AXI_READER_LATENCY - 1)
        for burst in split(transfer, config):
            if len(ends) >= config.outstanding_reads:
                asked = max(asked, ends[-config.outstanding_reads])
            asked += 1
            offered = asked + config.memory_latency
            for _ in range(burst.words):
                word = ready.nth(max(offered, word + config.memory_interval))
                taken.append(word)
            ends.append(word)
    return taken
