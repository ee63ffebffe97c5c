"""Cycles of one layer at one denoising step on a whole machine."""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

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

_CAUSES = "lane", "imbalance", "encoder", "row_end", "fill_drain"
"""Of :meth:`sim.tile.tile.TileCycles.breakdown`"""


@dataclass
class LayerCycles:
    """Cycles of a layer, or a sum of such."""

    cycles: int = 0
    """Until the last tile is done."""
    bound: float = 0.0
    """Slots over the lanes of all tiles: what perfect balance would take."""
    dense: float = 0.0
    """Cycles of the same multipliers on all 8-bit activations, zeros included."""
    causes: Counter[str] = field(default_factory=Counter)
    """``cycles`` by cause (:meth:`sim.tile.tile.TileCycles.breakdown`), averaged over the tiles;
    ``idle_tiles`` is what tiles wait for the slowest one."""

    def __add__(self, other: "LayerCycles") -> "LayerCycles":
        # Not what Counter adds, which drops causes that are not above zero.
        names = {**self.causes, **other.causes}
        causes = Counter({name: self.causes[name] + other.causes[name] for name in names})
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
    return sum(
        (product_cycles(each, mode, config) for each in others),
        product_cycles(first, mode, config),
    )


def product_cycles(product: Product, mode: Mode, config: MachineConfig) -> LayerCycles:
    """Cycles of one operation of the array."""
    count, rows, k = product.rows.shape
    blocks, column_blocks = _cuts(rows, k, product.weights.shape[-1], config)
    reference = product.reference(mode)
    if mode is Mode.SPATIAL:
        reference[:, blocks[:, 0]] = product.zero_point
    slots = lane_slots(product.rows.reshape(-1, k), reference.reshape(-1, k), config)
    timed = np.zeros((count, 1 + len(_CAUSES)))
    _time_matrices(
        slots.reshape(count, rows, -1, config.lanes),
        (blocks, config.max_beats, config.tiles_m),
        (0,) * config.lanes,
        (config.fifo_depth, config.rows_in_flight, config.rows_queued),
        config.lane_elements if config.tile is TileKind.DENSE else 0,
        fill_cycles(config),
        timed,
    )
    tiles = config.tiles_m * config.tiles_n
    cycles, causes = 0, [0.0] * (1 + len(_CAUSES))
    for longest, *of_passes in timed.tolist():
        took = int(longest) * -(-column_blocks // config.tiles_n)
        each = [value * column_blocks / tiles for value in of_passes]
        each.append(took - sum(each))
        causes = [one + other for one, other in zip(causes, each, strict=True)]
        cycles += took
    dense = rows * k * column_blocks * config.tile.slots_per_element / (config.lanes * tiles)
    names = *_CAUSES, "idle_tiles"
    found: Counter[str] = Counter(dict(zip(names, causes, strict=True)))
    return LayerCycles(cycles, causes[0], sum([dense] * count), found)


@lru_cache(1024)
def _cuts(rows: int, k: int, columns: int, config: MachineConfig) -> tuple[np.ndarray, int]:
    """Where blocks of rows begin and end, int64 (blocks, 2), and how many blocks columns make."""
    mapping = Mapping.of(rows, k, columns, config)
    blocks = np.array([(block.start, block.stop) for block in mapping.row_blocks])
    return blocks, len(mapping.column_blocks)


@njit(cache=True, nogil=True)
def _time_matrices(
    counts, cuts, lane_zeros, depths, dense, fill, found
):  # pragma: no cover - compiled
    """The longest time of a tile for each of ``counts`` uint8 (matrices, rows, beats, lanes), and
    :data:`_CAUSES` of all tiles, for one block of columns.
    """
    blocks, chunk_beats, tiles_m = cuts
    _, rows, beats, _ = counts.shape
    closed, totals = np.empty(rows, np.int64), np.empty((2, rows), np.int64)
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
                found[matrix, 1] += bound
                found[matrix, 2] += totals[0, :size].sum() + hidden - bound
                found[matrix, 3] += waited - hidden - row_end
                found[matrix, 4] += row_end
                found[matrix, 5] += fill + TILE_DRAIN + 1
        found[matrix, 0] = times.max()
