"""Exact cycles of a layer's passes on the array, whatever memory does."""

from dataclasses import dataclass, replace

import numpy as np

from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.jit import njit
from golden.machine.tile_kind import TileKind
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.tile.dense import close_dense_rows
from sim.tile.lane_slots import dense_slots, lane_slots
from sim.tile.tile import close_rows


def pass_cycles(run: LayerRun) -> np.ndarray:
    """Cycles from a pass's start until the array is idle, int64 (row_blocks, chunks)."""
    return closed_passes(PassSlots.of(run), run.plan) + FEEDER_LATENCY + PASS_DRAIN


@dataclass(frozen=True)
class PassSlots:
    """Slots that a layer brings to the lanes, however it is cut into passes."""

    counts: np.ndarray
    """uint8 (rows, beats, lanes)"""
    first: np.ndarray | None
    """The same for rows with which a tile begins, where these are not those of all (SPATIAL)"""

    @classmethod
    def of(cls, run: LayerRun) -> "PassSlots":
        """Those of a run; its plan does not matter."""
        config = run.plan.config
        if config.tile is TileKind.DENSE:
            return cls(dense_slots(run.plan.shape.rows, run.plan.row_beats, config=config), None)
        whole = replace(run.plan, lines=run.plan.shape.out_height)
        rows, reference = replace(run, plan=whole).padded_rows()
        counts = lane_slots(rows, reference, config)
        if run.mode is not Mode.SPATIAL:
            return cls(counts, None)
        zero = np.broadcast_to(reference[:1], rows.shape)
        return cls(counts, lane_slots(rows, zero, config))

    def of_plan(self, plan: Plan) -> np.ndarray:
        """The slots in the passes of a plan."""
        if self.first is None:
            return self.counts
        starts = [plan.tile_rows(block).start for block in range(plan.tile_blocks)]
        counts = self.counts.copy()
        counts[starts] = self.first[starts]
        return counts


def closed_passes(slots: PassSlots, plan: Plan) -> np.ndarray:
    """When the slowest tile of each pass closes its last row, int64 (row_blocks, chunks)."""
    config = plan.config
    closed = np.zeros((plan.row_blocks, plan.chunks), np.int64)
    if config.tile is TileKind.DENSE:
        # The first tile of a block has as many rows as any other.
        for block in range(plan.row_blocks):
            rows = plan.tile_rows(block * config.tiles_m)
            for chunk in range(plan.chunks):
                ends = close_dense_rows(rows.stop - rows.start, plan.beats(chunk), config)
                closed[block, chunk] = ends[-1]
        return closed
    _close_passes(
        slots.of_plan(plan),
        (plan.lines * plan.shape.out_width, plan.chunk_beats, config.tiles_m),
        (0,) * config.lanes,
        (config.fifo_depth, config.rows_in_flight, config.rows_queued),
        closed,
    )
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
            close_rows(np.ascontiguousarray(part), lane_zeros, *depths, None, row_ends[:rows], None)
            closed[row_block, chunk] = max(closed[row_block, chunk], row_ends[rows - 1])
