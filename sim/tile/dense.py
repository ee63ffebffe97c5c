"""Exact cycles of a dense tile: all lanes take an element of a beat in every cycle."""

from collections.abc import Sequence

import numpy as np

from golden.jit import njit
from golden.machine.config import MachineConfig
from golden.machine.timing import DENSE_LANES_LATENCY
from sim.blocks.streams import ReadyPattern


def close_dense_rows(
    rows: int, beats: int, config: MachineConfig, arrivals: np.ndarray | None = None
) -> np.ndarray:
    """The cycle in which each row's last elements leave the lanes, int64 (rows,).

    ``arrivals`` as in :func:`sim.tile.tile.tile_cycles`.
    """
    if arrivals is None:
        return np.arange(1, rows + 1, dtype=np.int64) * (beats * config.lane_elements)
    closed = np.empty(rows, np.int64)
    _close(arrivals, config.lane_elements, closed)
    return closed


@njit(cache=True, nogil=True)
def _close(arrivals, groups, closed):  # pragma: no cover - compiled
    """A beat is taken in the cycle in which the last elements of the one before it leave."""
    beats = len(arrivals) // len(closed)
    left = np.int64(0)
    for row in range(len(closed)):
        for beat in range(beats):
            left = max(left, arrivals[row * beats + beat]) + groups
        closed[row] = left


def dense_lanes_cycles(gaps: Sequence[int], groups: int, ready: ReadyPattern) -> list[int]:
    """The cycle in which each of the ``groups`` groups of each beat leaves the lanes' register.

    ``gaps`` and ``ready`` as in :func:`sim.tile.encoder.encoder_cycles`.
    """
    accept, leave = -1, 0
    leaves = []
    for gap in gaps:
        accept = max(accept + 1 + gap, leave)
        leave = accept + DENSE_LANES_LATENCY - 1
        for _ in range(groups):
            leave = ready.nth(leave + 1)
            leaves.append(leave)
    return leaves
