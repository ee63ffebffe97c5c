"""Exact cycles of a layer's passes on the array, whatever memory does."""

import numpy as np

from golden.accelerator.program import LayerRun
from golden.jit import njit
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import close_rows


def pass_cycles(run: LayerRun) -> np.ndarray:
    """Cycles from a pass's start until the array is idle, int64 (row_blocks, chunks)."""
    plan, config = run.plan, run.plan.config
    counts = lane_slots(*run.padded_rows(), config)
    closed = np.zeros((plan.row_blocks, plan.chunks), np.int64)
    _close_passes(
        counts,
        (plan.lines * plan.shape.out_width, plan.chunk_beats, config.tiles_m),
        (0,) * config.lanes,
        (config.fifo_depth, config.rows_in_flight, config.rows_queued),
        closed,
    )
    closed += FEEDER_LATENCY + PASS_DRAIN
    return closed


@njit(cache=True, nogil=True)
def _close_passes(counts, cuts, lane_zeros, depths, closed):  # pragma: no cover - compiled
    """When the slowest tile of each pass closes its last row.

    As :func:`sim.tile.tile.close_rows`.
    """
    tile_rows, chunk_beats, tiles_m = cuts
    row_ends = np.empty(tile_rows, np.int64)
    for first in range(0, len(counts), tile_rows):
        row_block = first // tile_rows // tiles_m
        for chunk in range(closed.shape[1]):
            beat = chunk * chunk_beats
            part = counts[first : first + tile_rows, beat : beat + chunk_beats]
            rows = len(part)
            close_rows(np.ascontiguousarray(part), lane_zeros, *depths, None, row_ends[:rows])
            closed[row_block, chunk] = max(closed[row_block, chunk], row_ends[rows - 1])
