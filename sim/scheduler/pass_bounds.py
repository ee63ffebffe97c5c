"""What passes on the array take at least, for all cuts of a layer at once.

A tile takes a beat per cycle at most, and a slot per lane. Where only one row is in the lanes at a
time, it takes as many cycles as its fullest lane has slots, and one at least
(:func:`sim.tile.tile.close_rows`). So sums over rows, made once, bound every block of rows.
"""

from dataclasses import dataclass

import numpy as np

from golden.accelerator.plan import Plan
from golden.jit import njit
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.scheduler.pass_cycles import PassSlots
from sim.tile.tile import fill_cycles


@dataclass(frozen=True)
class PassSums:
    """Of a layer whose rows are cut into chunks of one length."""

    sums: np.ndarray
    """int64 (rows + 1, chunks, kinds): least cycles of all rows before one, by each reason"""
    first: np.ndarray
    """int64 (rows, chunks, kinds): what it takes more if a tile begins with it; empty: nothing"""
    chunk_beats: int
    row_beats: int

    @classmethod
    def of(cls, slots: PassSlots, plan: Plan) -> "PassSums":
        """For the chunks of a plan, whose lines do not matter."""
        one_row = plan.config.rows_in_flight == 1
        costs = _row_costs(slots.counts, plan.chunk_beats, plan.chunks, one_row)
        first = np.empty((0, *costs.shape[1:]), np.int64)
        if slots.first is not None:
            first = _row_costs(slots.first, plan.chunk_beats, plan.chunks, one_row) - costs
        sums = np.zeros((len(costs) + 1, *costs.shape[1:]), np.int64)
        np.cumsum(costs, axis=0, out=sums[1:])
        return cls(sums, first, plan.chunk_beats, plan.row_beats)

    def cycles(self, plan: Plan) -> np.ndarray:
        """At most those of :func:`sim.scheduler.pass_cycles.pass_cycles`, in the same shape."""
        cycles = np.zeros((plan.row_blocks, plan.chunks), np.int64)
        fill = fill_cycles(plan.config)
        cut = (plan.lines * plan.shape.out_width, plan.config.tiles_m, fill)
        bound_passes(self.sums, self.first, (self.chunk_beats, self.row_beats), cut, cycles)
        return cycles


@njit(cache=True, nogil=True)
def _row_costs(counts, chunk_beats, chunks, one_row):  # pragma: no cover - compiled
    """Cycles that each row adds: in its fullest lane, or in each lane, if rows share them."""
    rows, beats, lanes = counts.shape
    costs = np.zeros((rows, chunks, 1 if one_row else lanes), np.int64)
    totals = np.zeros(lanes, np.int64)
    for row in range(rows):
        for chunk in range(chunks):
            totals[:] = 0
            for beat in range(chunk * chunk_beats, min((chunk + 1) * chunk_beats, beats)):
                for lane in range(lanes):
                    totals[lane] += counts[row, beat, lane]
            if one_row:
                costs[row, chunk, 0] = max(np.int64(1), totals.max())
            else:
                costs[row, chunk] = totals
    return costs


@njit(cache=True, nogil=True)
def bound_passes(sums, first, beats, cut, cycles):  # pragma: no cover - compiled
    """Fills ``cycles`` int64 (row_blocks, chunks), which hold zeros, for a cut."""
    chunk_beats, row_beats = beats
    tile_rows, tiles_m, fill = cut
    rows, chunks = len(sums) - 1, cycles.shape[1]
    for begin in range(0, rows, tile_rows):
        end = min(begin + tile_rows, rows)
        block = begin // tile_rows // tiles_m
        for chunk in range(chunks):
            length = min(chunk_beats, row_beats - chunk * chunk_beats)
            most = np.int64((end - begin) * length)
            for kind in range(sums.shape[2]):
                slots = sums[end, chunk, kind] - sums[begin, chunk, kind]
                if len(first):
                    slots += first[begin, chunk, kind]
                most = max(most, slots)
            most += fill + FEEDER_LATENCY + PASS_DRAIN
            cycles[block, chunk] = max(cycles[block, chunk], most)
