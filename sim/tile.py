"""Exact cycles of a tile by max-plus recurrence, without ticking.

The recurrence is derived in docs/timing.md; it is the timing contract of :class:`rtl.tile.Tile`.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from golden.config import MachineConfig
from golden.timing import ENCODER_LATENCY, TILE_DRAIN

_NO_ARRIVALS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class TileCycles:
    """When the rows of one uninterrupted stream of beats are done, and why not sooner.

    Cycle 0 offers the first beat. All arrays are int64 (rows,).
    """

    closed: np.ndarray
    """The cycle in which all lanes are done with a row."""
    fullest: np.ndarray
    """Slots of the row in its fullest lane."""
    slots: np.ndarray
    """Slots of the row in all lanes."""
    lanes: int

    @property
    def offered(self) -> np.ndarray:
        """The cycle in which each row's accumulators are offered at the output."""
        return self.closed + TILE_DRAIN

    @property
    def total(self) -> int:
        """Cycles from the first beat to the last row's accumulators, both included."""
        return int(self.offered[-1]) + 1

    @property
    def row_cycles(self) -> np.ndarray:
        """Cycles between the closing of each row and of the one before it."""
        return np.diff(self.closed, prepend=ENCODER_LATENCY)

    def breakdown(self) -> dict[str, float]:
        """The total by cause, in cycles; the causes add up to it exactly.

        - ``lane``: slots over lanes, the bound of perfect balance
        - ``imbalance``: the fullest lane of each row beyond that, less what running ahead hides
        - ``encoder``: the fullest lane waited for beats
        - ``row_end``: rows without slots, which still take a cycle to close
        - ``fill_drain``: the pipeline before the first slot and after the last
        """
        waited = self.row_cycles - self.fullest
        empty = self.fullest == 0
        row_end = np.where(empty, np.minimum(waited, 1), 0)
        hidden = np.minimum(waited, 0)
        bound = self.slots.sum() / self.lanes
        return {
            "lane": float(bound),
            "imbalance": float(self.fullest.sum() + hidden.sum() - bound),
            "encoder": float((waited - hidden - row_end).sum()),
            "row_end": float(row_end.sum()),
            "fill_drain": float(ENCODER_LATENCY + TILE_DRAIN + 1),
        }


def tile_cycles(
    counts: np.ndarray, config: MachineConfig, arrivals: np.ndarray | None = None
) -> TileCycles:
    """Cycles of a tile on ``counts`` uint8 (rows, beats, lanes), from :func:`sim.lane_slots`.

    ``arrivals`` int64 (rows * beats,) are the cycles from which on each beat is offered; without
    them every beat waits for the tile. Time counts only cycles in which the tile does not stand
    still for its output.
    """
    rows = len(counts)
    closed, fullest, slots = (np.empty(rows, np.int64) for _ in range(3))
    offered = _NO_ARRIVALS if arrivals is None else arrivals
    _recurrence(
        counts, config.fifo_depth, config.rows_in_flight, config.rows_queued, offered, closed, fullest, slots
    )
    return TileCycles(closed, fullest, slots, config.lanes)


@njit(cache=True, nogil=True)
def _recurrence(
    counts, depth, rows_in_flight, rows_queued, arrivals, closed, fullest, slots
):  # pragma: no cover - compiled
    rows, beats, lanes = counts.shape
    drained = np.zeros(lanes, np.int64)
    history = np.full((lanes, depth), -1, np.int64)
    place = np.zeros(lanes, np.int64)
    in_row = np.zeros(lanes, np.int64)
    accepted = -1
    entered = ENCODER_LATENCY - 1
    for row in range(rows):
        may_enter = closed[row - rows_queued] + 1 if row >= rows_queued else 0
        may_leave = closed[row - rows_in_flight] if row >= rows_in_flight else 0
        in_row[:] = 0
        for beat in range(beats):
            if len(arrivals):
                accepted = max(accepted + 1, entered, arrivals[row * beats + beat])
                entered = max(entered + 1, accepted + ENCODER_LATENCY)
            else:
                entered += 1
            entered = max(entered, may_enter)
            for lane in range(lanes):
                if counts[row, beat, lane]:
                    entered = max(entered, history[lane, place[lane]] + 1)
            for lane in range(lanes):
                count = np.int64(counts[row, beat, lane])
                if count:
                    drained[lane] = max(drained[lane], entered, may_leave) + count
                    history[lane, place[lane]] = drained[lane]
                    place[lane] = place[lane] + 1 if place[lane] + 1 < depth else 0
                    in_row[lane] += count
        done = entered + 1
        if row:
            done = max(done, closed[row - 1] + 1)
        most = total = 0
        for lane in range(lanes):
            done = max(done, drained[lane])
            most = max(most, in_row[lane])
            total += in_row[lane]
        closed[row] = done
        fullest[row] = most
        slots[row] = total
