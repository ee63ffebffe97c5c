"""Cycles of one layer at one denoising step on a whole machine."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode, Product, reference_rows
from golden.machine.config import MachineConfig
from golden.machine.mapping import Mapping
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import tile_cycles


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
    products = layer_input.products(mode)
    return sum((product_cycles(product, mode, config) for product in products), LayerCycles())


def product_cycles(product: Product, mode: Mode, config: MachineConfig) -> LayerCycles:
    """Cycles of one operation of the array."""
    total = LayerCycles()
    for number, rows in enumerate(product.rows):
        before = product.previous_rows[number] if product.previous_rows is not None else None
        columns = product.weights.shape[-1]
        total += _matrix_cycles(rows, before, product.zero_point, columns, mode, config)
    return total


def _matrix_cycles(
    rows: np.ndarray,
    previous: np.ndarray | None,
    zero_point: int,
    columns: int,
    mode: Mode,
    config: MachineConfig,
) -> LayerCycles:
    mapping = Mapping.of(len(rows), rows.shape[1], columns, config)
    tile_time = [0] * config.tiles_m
    causes: Counter[str] = Counter()
    for number, block in enumerate(mapping.row_blocks):
        x = rows[block]
        before = previous[block] if previous is not None else None
        reference = reference_rows(mode, x, zero_point, before)
        for chunk in mapping.k_chunks:
            timing = tile_cycles(lane_slots(x[:, chunk], reference[:, chunk], config), config)
            tile_time[number % config.tiles_m] += timing.total
            causes.update(timing.breakdown())
    column_blocks = len(mapping.column_blocks)
    repeats = -(-column_blocks // config.tiles_n)
    cycles = max(tile_time) * repeats
    tiles = config.tiles_m * config.tiles_n
    scaled = Counter({cause: value * column_blocks / tiles for cause, value in causes.items()})
    scaled["idle_tiles"] = cycles - sum(scaled.values())
    multiplications = rows.size * column_blocks * config.tile.slots_per_element
    return LayerCycles(cycles, scaled["lane"], multiplications / (config.lanes * tiles), scaled)
