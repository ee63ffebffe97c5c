"""Exact cycles of a layer's passes on the array, whatever memory does."""

import numpy as np

from golden.accelerator.program import LayerRun
from golden.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.lane_slots import lane_slots
from sim.tile import tile_cycles


def pass_cycles(run: LayerRun) -> list[list[int]]:
    """Cycles from a pass's start until the array is idle, by block of rows and chunk."""
    plan, config = run.plan, run.plan.config
    rows, reference = run.padded_rows()
    edges = [chunk * plan.chunk_beats * config.beat_elements for chunk in range(plan.chunks)]
    cycles = []
    for row_block in range(plan.row_blocks):
        blocks = range(
            row_block * config.tiles_m, min((row_block + 1) * config.tiles_m, plan.tile_blocks)
        )
        by_chunk = []
        for chunk, edge in enumerate(edges):
            part = slice(edge, edge + plan.beats(chunk) * config.beat_elements)
            closed = 0
            for block in blocks:
                lines = plan.tile_rows(block)
                x = np.ascontiguousarray(rows[lines, part])
                counts = lane_slots(x, np.ascontiguousarray(reference[lines, part]), config)
                closed = max(closed, int(tile_cycles(counts, config).closed[-1]))
            by_chunk.append(FEEDER_LATENCY + closed + PASS_DRAIN)
        cycles.append(by_chunk)
    return cycles
