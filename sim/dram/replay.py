"""Bursts that are given, on DRAM: when their words move."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from golden.jit import njit
from golden.machine.config import MachineConfig
from sim.blocks.cycles import UNKNOWN
from sim.dram.controller import bring, choose, next_choice
from sim.dram.counts import DramCounts
from sim.dram.state import idle_dram


class Request(NamedTuple):
    """A burst that is offered to the controller."""

    cycle: int
    """From which cycle on its address (of a read) or last word (of a write) is offered"""
    address: int
    """In bytes"""
    words: int
    """Bus words"""
    write: bool


def replayed(requests: Sequence[Request] | np.ndarray, config: MachineConfig) -> np.ndarray:
    """int64 (requests, 3): when each is accepted, when its first and last word are read.

    Of a write both are the cycle of its response. ``requests``, in order of their cycles, may be an
    int64 array of such rows. One of a kind is accepted in a cycle, while fewer of its kind than the
    machine's ``outstanding_reads`` or ``outstanding_writes`` are under way. O(1) per access.
    """
    return replayed_and_counted(requests, config)[0]


def replayed_and_counted(
    requests: Sequence[Request] | np.ndarray, config: MachineConfig
) -> tuple[np.ndarray, DramCounts]:
    """The cycles of :func:`replayed`, and what the DRAM did."""
    dram = idle_dram(config)
    assert dram is not None
    rows = np.array(requests, np.int64).reshape(-1, len(Request._fields))
    found = np.full((len(rows), 3), UNKNOWN)
    _replay(dram, rows, found, np.array([config.outstanding_reads, config.outstanding_writes]))
    return found, DramCounts.of(dram)


@njit(cache=True, nogil=True)
def _replay(dram, rows, found, limits):  # pragma: no cover - compiled
    slots = np.zeros(len(rows), np.int64)
    # Of both kinds: the next request, how many came, when the last ones were done.
    place = np.zeros(2, np.int64)
    came = np.zeros(2, np.int64)
    accepted = np.full(2, -1)
    done = np.full((2, limits.max()), -1)
    for kind in range(2):
        place[kind] = _next_of(rows, kind, 0)
    while True:
        cycle, kind = UNKNOWN, 0
        for each in range(2):
            if place[each] < len(rows):
                free = done[each, came[each] % limits[each]]
                if free < UNKNOWN:
                    wanted = max(rows[place[each], 0], accepted[each] + 1, free + 1)
                    if wanted < cycle:
                        cycle, kind = wanted, each
        choice = next_choice(dram)
        if choice == UNKNOWN and cycle == UNKNOWN:
            return
        if choice <= cycle:
            write, tag, first, last = choose(dram, choice)
            found[tag, 1], found[tag, 2] = first, last
            done[int(write), slots[tag]] = last
            continue
        row = place[kind]
        bring(dram, kind == 1, cycle, rows[row, 1], rows[row, 2], row)
        accepted[kind] = cycle
        found[row, 0] = cycle
        slots[row] = came[kind] % limits[kind]
        done[kind, slots[row]] = UNKNOWN
        came[kind] += 1
        place[kind] = _next_of(rows, kind, row + 1)


@njit(cache=True, nogil=True)
def _next_of(rows, kind, place):  # pragma: no cover - compiled
    while place < len(rows) and rows[place, 3] != kind:
        place += 1
    return place
