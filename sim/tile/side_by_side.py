"""A pass cut into stretches of rows that are timed side by side.

A stretch does not know how the tile is when it begins. But what a tile still knows of earlier rows
is little: how far the beats of one or two rows have come into its lanes. So each stretch begins
as an idle tile does, a few rows early. If at its own first row it is as the stretch before leaves
the tile, it is exact, but for the time at which it begins. If not, it is timed anew from there.

How tiles are between two rows is int16 (fields, WIDTH), the second axis two lanes of each tile.
All are cycles, from the one in which the last beat entered the lanes, 0 if before:

- those in which the last ``2 * rows_in_flight`` rows were closed, the latest first;
- of each lane, the one in which it is drained;
- of each lane, those in which its last ``depth`` parts were drained, the latest first.
"""

import numpy as np

from golden.jit import njit
from golden.machine.timing import ENCODER_LATENCY
from sim.tile.vectors import SIDE, WIDTH, time_row

EARLY = 2
"""Rows that a stretch begins early"""
TRIES = 3
LEAST_BEATS = 1024
"""Fewer are faster one after the other"""
MOST_DEPTH = 16
"""Deeper lane FIFOs are faster so, too"""
MOST_CYCLES = (1 << 15) - 1
MOST_SLOTS = (1 << 16) - 1
"""Of a row in all lanes"""


@njit(cache=True, nogil=True)
def close_side_by_side(
    counts, lane_zeros, depth, rows_in_flight, closed, totals
):  # pragma: no cover - compiled
    """Fills ``closed`` and ``totals`` as :func:`sim.tile.tile.close_rows` does, if it can: whether
    it has.
    """
    rows, beats, _ = counts.shape
    flat = counts.reshape(-1)
    if rows < SIDE + EARLY or rows * beats < LEAST_BEATS or depth > MOST_DEPTH:
        return False
    # Behind a beat there may be what the FIFOs hold of all rows on the way.
    most = _most(flat)
    if (beats + 4 * rows_in_flight * (depth + 1)) * (most + 1) > MOST_CYCLES:
        return False
    if beats * len(lane_zeros) * most > MOST_SLOTS:
        return False
    step = -(-(rows - EARLY) // SIDE)
    pairs = (len(lane_zeros) + 1) // 2
    state = np.zeros((2 * rows_in_flight + pairs * (1 + depth), WIDTH), np.int16)
    times = np.empty((EARLY + step, 4, WIDTH), np.int16)
    first = np.arange(SIDE) * step
    _time(flat, beats, rows, first, lane_zeros, depth, rows_in_flight, state, times[:EARLY])
    begin = state.copy()
    first += EARLY
    for _ in range(TRIES):
        _time(flat, beats, rows, first, lane_zeros, depth, rows_in_flight, state, times[EARLY:])
        if not _take_over(state, begin):
            break
        state[:] = begin
    else:
        return False
    row, entered = 0, np.int64(ENCODER_LATENCY - 1)
    for stretch in range(SIDE):
        for n in range(EARLY if stretch else 0, min(EARLY + step, EARLY + rows - first[stretch])):
            closed[row] = entered + times[n, 1, 2 * stretch]
            entered += times[n, 0, 2 * stretch]
            if totals is not None:
                totals[0, row] = times[n, 2, 2 * stretch]
                totals[1, row] = np.uint16(times[n, 3, 2 * stretch])
            row += 1
    return True


@njit(cache=True, nogil=True)
def _most(flat):  # pragma: no cover - compiled
    most = np.uint8(0)
    for each in flat:
        most = each if each > most else most
    return np.int64(most)


@njit(cache=True, nogil=True)
def _time(
    flat, beats, rows, first, lane_zeros, depth, rows_in_flight, state, times
):  # pragma: no cover - compiled
    """Times some rows of each stretch from its state on; behind the end, the last row."""
    starts = np.empty(SIDE, np.int64)
    row_parts = beats * len(lane_zeros)
    for row in range(len(times)):
        for n in range(SIDE):
            starts[n] = min(first[n] + row, rows - 1) * row_parts
        time_row(flat, starts, beats, state, lane_zeros, depth, 2 * rows_in_flight, times[row])


@njit(cache=True, nogil=True)
def _take_over(state, begin):  # pragma: no cover - compiled
    """Lets stretches begin as the ones before end; whether that is another beginning for any."""
    other = False
    for field in range(len(state)):
        here, there = state[field, : WIDTH - 2], begin[field, 2:]
        for n in range(WIDTH - 2):
            other |= here[n] != there[n]
            there[n] = here[n]
    return other
