"""Exact cycles of a tile by max-plus recurrence, without ticking.

The recurrence is derived in docs/timing.md; it is the timing contract of
:class:`rtl.tile.tile.Tile`.
"""

from dataclasses import dataclass

import numpy as np

from golden.jit import njit, tuple_setitem
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.machine.timing import (
    DENSE_LANES_LATENCY,
    ENCODER_LATENCY,
    LANE_FIFO_LATENCY,
    TILE_DRAIN,
)
from sim.tile.dense import close_dense_rows
from sim.tile.side_by_side import close_side_by_side


def fill_cycles(config: MachineConfig) -> int:
    """Cycles of an idle tile from a beat to the one before its first slot leaves a lane."""
    if config.tile is TileKind.DENSE:
        return DENSE_LANES_LATENCY - 1
    return ENCODER_LATENCY + LANE_FIFO_LATENCY - 1


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
    fill: int
    """Of :func:`fill_cycles`"""

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
        return np.diff(self.closed, prepend=self.fill)

    def breakdown(self) -> dict[str, float]:
        """The total by cause, in cycles; the causes add up to it exactly.

        - ``lane``: slots over lanes, the bound of perfect balance
        - ``imbalance``: the fullest lane of each row beyond that, less what running ahead hides
          (which can be more, so that it is negative)
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
            "fill_drain": float(self.fill + TILE_DRAIN + 1),
        }


def tile_cycles(
    counts: np.ndarray, config: MachineConfig, arrivals: np.ndarray | None = None
) -> TileCycles:
    """Cycles of a tile on ``counts`` uint8 (rows, beats, lanes), from :func:`sim.tile.lane_slots`.

    ``arrivals`` int64 (rows * beats,) are the cycles from which on each beat is offered; without
    them every beat waits for the tile. Time counts only cycles in which the tile does not stand
    still for its output.
    """
    rows, beats, lanes = counts.shape
    closed, totals = np.empty(rows, np.int64), np.empty((2, rows), np.int64)
    # A tuple, because its length is a constant to the compiler, which then unrolls the lanes.
    lane_zeros = (0,) * lanes
    if config.tile is TileKind.DENSE:
        closed = close_dense_rows(rows, beats, config, arrivals)
        row_totals(counts, lane_zeros, totals)
    else:
        close_rows(
            counts,
            lane_zeros,
            config.fifo_depth,
            config.rows_in_flight,
            config.rows_queued,
            arrivals,
            closed,
            totals,
        )
    return TileCycles(closed, totals[0], totals[1], lanes, fill_cycles(config))


@njit(cache=True, nogil=True)
def close_rows(
    counts, lane_zeros, depth, rows_in_flight, rows_queued, arrivals, closed, totals
):  # pragma: no cover - compiled
    """Fills ``closed`` for :func:`tile_cycles`, and for other compiled code; if they are not None
    ``totals`` int64 (2, rows), too, with :func:`row_totals`.
    """
    if arrivals is not None or not close_side_by_side(
        counts, lane_zeros, depth, rows_in_flight, closed, totals
    ):
        close_one_by_one(counts, lane_zeros, depth, rows_in_flight, rows_queued, arrivals, closed)
        if totals is not None:
            row_totals(counts, lane_zeros, totals)


@njit(cache=True, nogil=True)
def close_one_by_one(
    counts, lane_zeros, depth, rows_in_flight, rows_queued, arrivals, closed
):  # pragma: no cover - compiled
    """:func:`close_rows`, row after row.

    What is kept per lane is kept in tuples, which the compiler turns into registers, and
    branches on data are avoided: they are as random as the data and cost more than the work.
    """
    rows, beats, _ = counts.shape
    flat = counts.reshape(-1)
    lanes = len(lane_zeros)
    # A ring per lane of the times in which its last ``depth`` parts are drained, and one place
    # more, so that the next time can be written before it is known whether it counts. Unsigned,
    # because signed indices are checked for being negative.
    ring = np.uint64(1)
    while ring <= depth:
        ring *= np.uint64(2)
    last_place = ring - np.uint64(1)
    history = np.full(np.uint64(lanes) * ring, -1, np.int64)
    drained = lane_zeros
    pushed = lane_zeros
    part = np.uint64(0)
    entered = np.int64(ENCODER_LATENCY - 1)
    for row in range(rows):
        may_leave = closed[row - rows_in_flight] if row >= rows_in_flight else 0
        if row >= rows_queued:
            entered = max(entered, closed[row - rows_queued])
        for beat in range(beats):
            if arrivals is not None:
                entered = max(entered, arrivals[row * beats + beat] + ENCODER_LATENCY - 1)
            room = np.int64(0)
            for lane in range(lanes):
                oldest = np.uint64(pushed[lane] - depth) & last_place
                full_until = history[np.uint64(lane) * ring + oldest]
                room = max(room, full_until + 1 if flat[part + np.uint64(lane)] else np.int64(0))
            entered = max(entered + 1, room)
            start = max(entered, may_leave)
            for lane in range(lanes):
                count = np.int64(flat[part + np.uint64(lane)])
                # For a part without slots this moves the time to ``start``, which changes nothing
                # later, since no part can start before it.
                time = max(drained[lane], start) + count
                place = np.uint64(pushed[lane]) & last_place
                history[np.uint64(lane) * ring + place] = time
                drained = tuple_setitem(drained, lane, time)
                pushed = tuple_setitem(pushed, lane, pushed[lane] + np.int64(count != 0))
            part += np.uint64(lanes)
        done = entered + 1
        if row:
            done = max(done, closed[row - 1] + 1)
        for lane in range(lanes):
            done = max(done, drained[lane])
        closed[row] = done


@njit(cache=True, nogil=True)
def row_totals(counts, lane_zeros, totals):  # pragma: no cover - compiled
    """Slots of each row in its fullest lane, and in all lanes."""
    rows, beats, _ = counts.shape
    for row in range(rows):
        most = total = np.int64(0)
        for lane in range(len(lane_zeros)):
            in_lane = np.int32(0)
            for beat in range(beats):
                in_lane = np.int32(in_lane + counts[row, beat, lane])
            most = max(most, np.int64(in_lane))
            total += in_lane
        totals[0, row] = most
        totals[1, row] = total


@njit(cache=True, nogil=True)
def row_waits(closed, fullest, fill):  # pragma: no cover - compiled
    """What rows take beyond their fullest lane, for :meth:`TileCycles.breakdown`: below zero, in
    all, and where they have no slots.
    """
    before, hidden, in_all, row_end = np.int64(fill), np.int64(0), np.int64(0), np.int64(0)
    for row in range(len(closed)):
        waited = closed[row] - before - fullest[row]
        before = closed[row]
        hidden += min(waited, 0)
        in_all += waited
        if fullest[row] == 0:
            row_end += min(waited, 1)
    return hidden, in_all, row_end
