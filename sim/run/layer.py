"""Cycles of one layer at one denoising step on a whole machine."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode, Product
from golden.jit import njit
from golden.machine.config import MachineConfig
from golden.machine.mapping import Mapping
from golden.machine.tile_kind import TileKind
from golden.machine.timing import TILE_DRAIN
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import close_rows, fill_cycles, row_totals, row_waits

_CAUSES = "lane", "imbalance", "encoder", "row_end", "fill_drain", "idle_tiles"
"""Those of :meth:`sim.tile.tile.TileCycles.breakdown`, and tiles that wait for the slowest"""


@dataclass
class LayerCycles:
    """Cycles of a layer, or a sum of such."""

    cycles: int = 0
    """Until the last tile is done."""
    bound: float = 0.0
    """Slots over the lanes of all tiles: what perfect balance would take."""
    dense: float = 0.0
    """Cycles of the same multipliers on all 8-bit activations, zeros included."""
    causes: dict[str, float] = field(default_factory=dict)
    """``cycles`` by cause (:meth:`sim.tile.tile.TileCycles.breakdown`), averaged over the tiles;
    ``idle_tiles`` is what tiles wait for the slowest one."""

    def __add__(self, other: "LayerCycles") -> "LayerCycles":
        causes = dict(self.causes)
        for name, value in other.causes.items():
            causes[name] = causes.get(name, 0) + value
        return LayerCycles(
            self.cycles + other.cycles,
            self.bound + other.bound,
            self.dense + other.dense,
            causes,
        )


def layer_cycles(layer_input: LayerInput, mode: Mode, config: MachineConfig) -> LayerCycles:
    """Cycles of the layer in ``mode``, its images (and heads) one after the other.

    Each tile works through its blocks of rows, chunk by chunk, for each of its blocks of columns;
    every such pass fills and drains the tile's pipeline. Weights and accumulators are taken to
    be in the tile; moving them is not part of this figure.
    """
    first, *others = layer_input.products(mode)
    total = product_cycles(first, mode, config)
    for other in others:
        total += product_cycles(other, mode, config)
    return total


def product_cycles(product: Product, mode: Mode, config: MachineConfig) -> LayerCycles:
    """Cycles of one operation of the array."""
    count, rows, k = product.rows.shape
    work, machine, dense = _constants(rows, k, product.weights.shape[-1], config)
    reference = product.reference(mode)
    if mode is Mode.SPATIAL:
        blocks, *_ = work
        reference[:, blocks[:, 0]] = product.zero_point
    slots = lane_slots(product.rows, reference, config)
    cycles, *causes = _time_matrices(slots, work, *machine)
    found = dict(zip(_CAUSES, causes, strict=True))
    return LayerCycles(int(cycles), found["lane"], count * dense, found)


@lru_cache(1024)
def _constants(
    rows: int, k: int, columns: int, config: MachineConfig
) -> tuple[tuple[Any, ...], tuple[Any, ...], float]:
    """What :func:`_time_matrices` takes that does not depend on values, and cycles of a matrix of
    a dense machine.
    """
    mapping = Mapping.of(rows, k, columns, config)
    blocks = np.array([(block.start, block.stop) for block in mapping.row_blocks])
    column_blocks, tiles = len(mapping.column_blocks), config.tiles_m * config.tiles_n
    work = blocks, config.max_beats, column_blocks, config.tiles_m, config.tiles_n
    machine = (
        (0,) * config.lanes,
        (config.fifo_depth, config.rows_in_flight, config.rows_queued),
        config.lane_elements if config.tile is TileKind.DENSE else 0,
        fill_cycles(config),
    )
    slots = rows * k * column_blocks * config.tile.slots_per_element
    return work, machine, slots / (config.lanes * tiles)


@njit(cache=True, nogil=True)
def _time_matrices(counts, work, lane_zeros, depths, dense, fill):  # pragma: no cover - compiled
    """Cycles of ``counts`` uint8 (matrices, rows, beats, lanes) one after the other, until the last
    tile of each is done, then :data:`_CAUSES` of all tiles.
    """
    blocks, chunk_beats, column_blocks, tiles_m, tiles_n = work
    _, rows, beats, _ = counts.shape
    closed, totals = np.empty(rows, np.int64), np.empty((2, rows), np.int64)
    cycles = lane = imbalance = encoder = row_ends = fill_drain = 0.0
    for matrix in range(len(counts)):
        times = np.zeros(tiles_m, np.int64)
        for block in range(len(blocks)):
            begin, end = blocks[block]
            size = end - begin
            for beat in range(0, beats, chunk_beats):
                part = counts[matrix, begin:end, beat : beat + chunk_beats]
                part = np.ascontiguousarray(part)
                if dense:
                    for row in range(size):
                        closed[row] = (row + 1) * part.shape[1] * dense
                    row_totals(part, lane_zeros, totals)
                else:
                    close_rows(part, lane_zeros, *depths, None, closed[:size], totals)
                times[block % tiles_m] += closed[size - 1] + TILE_DRAIN + 1
                hidden, waited, row_end = row_waits(closed[:size], totals[0], fill)
                bound = totals[1, :size].sum() / len(lane_zeros)
                lane += bound
                imbalance += totals[0, :size].sum() + hidden - bound
                encoder += waited - hidden - row_end
                row_ends += row_end
                fill_drain += fill + TILE_DRAIN + 1
        cycles += times.max() * -(-column_blocks // tiles_n)
    share = column_blocks / (tiles_m * tiles_n)
    busy = lane + imbalance + encoder + row_ends + fill_drain
    causes = lane * share, imbalance * share, encoder * share, row_ends * share, fill_drain * share
    return cycles, *causes, cycles - busy * share
