"""The tiles alone, for many machines on the same activations.

What beats bring to lanes does not depend on how deep the lane FIFOs are, how many rows are in
flight or how many columns a tile has: machines that differ in such fields alone share it. Figures
are those of :func:`sim.run.layer.layer_cycles`, summed over the run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode, reference_rows
from golden.jit import njit
from golden.machine.config import MachineConfig
from golden.machine.mapping import Mapping
from golden.machine.tile_kind import TileKind
from golden.machine.timing import TILE_DRAIN
from sim.run.activations import Activations
from sim.run.layer import LayerCycles, layer_cycles
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import close_rows, fill_cycles, row_waits

SHARED = (
    "tile",
    "lanes",
    "beat_elements",
    "encoding",
    "weight_depth",
    "accumulator_depth",
    "tiles_m",
)
"""Fields that machines must have alike, to share what beats bring to lanes"""
_LAST, _HIDDEN, _WAITED, _ROW_END = range(4)


def layout_key(config: MachineConfig) -> tuple[object, ...]:
    """Equal for machines that share what beats bring to lanes."""
    return tuple(getattr(config, name) for name in SHARED)


@dataclass
class _Passes:
    """Passes of a tile, one after the other."""

    counts: np.ndarray
    """uint8: slots of each lane and beat, flat"""
    cuts: np.ndarray
    """int64 (passes, 3): where each begins in ``counts`` and in ``fullest``, its rows"""
    beats: np.ndarray
    """int64 (passes,)"""
    fullest: np.ndarray
    """int64: of each row, slots of the fullest lane"""
    fullest_sums: np.ndarray
    """int64 (passes,)"""
    slots: np.ndarray
    """int64 (passes,): of all lanes"""
    places: np.ndarray
    """int64 (passes, 2): the matrix, and the tile among those of different rows"""
    columns: np.ndarray
    """int64 (matrices,)"""
    elements: np.ndarray
    """int64 (matrices,)"""


@dataclass
class TileRuns:
    """Times machines on one run in one mode; keeps what they share until another layout comes."""

    activations: Activations
    """All images at once"""
    mode: Mode
    _key: tuple[object, ...] = ()
    _passes: _Passes | None = None
    _timed: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)

    def cycles(self, config: MachineConfig) -> LayerCycles:
        """Of all layers in all steps; machines are best asked for by :func:`layout_key`."""
        if config.tile is TileKind.DENSE:
            return self._dense(config)
        if self._key != layout_key(config) or self._passes is None:
            self._passes = self._laid_out(config)
            self._key, self._timed = layout_key(config), {}
        shape = config.fifo_depth, config.rows_in_flight
        if shape not in self._timed:
            self._timed[shape] = _timed(self._passes, config)
        return _total(self._passes, self._timed[shape], config)

    def _dense(self, config: MachineConfig) -> LayerCycles:
        each = (layer_cycles(one, self.mode, config) for one in self._inputs())
        return sum(each, LayerCycles())

    def _inputs(self) -> Iterator[LayerInput]:
        for batch in self.activations.batches:
            for step in batch:
                yield from step.values()

    def _laid_out(self, config: MachineConfig) -> _Passes:
        parts: list[np.ndarray] = []
        beats: list[int] = []
        rows_of: list[int] = []
        places: list[tuple[int, int]] = []
        columns: list[int] = []
        elements: list[int] = []
        for product in (each for one in self._inputs() for each in one.products(self.mode)):
            for number, rows in enumerate(product.rows):
                before = product.previous_rows
                previous = None if before is None else before[number]
                mapping = Mapping.of(len(rows), rows.shape[1], product.weights.shape[-1], config)
                for block_number, block in enumerate(mapping.row_blocks):
                    x = rows[block]
                    reference = reference_rows(
                        self.mode,
                        x,
                        product.zero_point,
                        None if previous is None else previous[block],
                    )
                    for chunk in mapping.k_chunks:
                        counts = lane_slots(x[:, chunk], reference[:, chunk], config)
                        parts.append(counts.reshape(-1))
                        rows_of.append(counts.shape[0])
                        beats.append(counts.shape[1])
                        places.append((len(columns), block_number % config.tiles_m))
                columns.append(product.weights.shape[-1])
                elements.append(rows.size)
        rows_of_pass, starts = np.array(rows_of), np.cumsum([0, *map(len, parts)])[:-1]
        first_rows = np.cumsum([0, *rows_of])
        cuts = np.stack([starts, first_rows[:-1], rows_of_pass], axis=1).astype(np.int64)
        flat, beats_of_pass = np.concatenate(parts), np.array(beats, np.int64)
        fullest = np.empty(first_rows[-1], np.int64)
        slots = np.empty(len(parts), np.int64)
        _count_rows(flat, cuts, beats_of_pass, config.lanes, fullest, slots)
        return _Passes(
            flat,
            cuts,
            beats_of_pass,
            fullest,
            np.add.reduceat(fullest, first_rows[:-1]),
            slots,
            np.array(places, np.int64),
            np.array(columns, np.int64),
            np.array(elements, np.int64),
        )


def _timed(passes: _Passes, config: MachineConfig) -> np.ndarray:
    """Cycles of passes, int64 (passes, 4); see :func:`_time_passes`."""
    found = np.empty((len(passes.cuts), 4), np.int64)
    depths = config.fifo_depth, config.rows_in_flight, config.rows_queued
    _time_passes(
        passes.counts,
        passes.cuts,
        passes.beats,
        passes.fullest,
        (0,) * config.lanes,
        depths,
        fill_cycles(config),
        found,
    )
    return found


def _total(passes: _Passes, timed: np.ndarray, config: MachineConfig) -> LayerCycles:
    tiles, lanes = config.tiles_m * config.tiles_n, config.lanes
    matrix, tile = passes.places.T
    blocks = -(-passes.columns // config.columns)
    times = np.zeros((len(blocks), config.tiles_m), np.int64)
    np.add.at(times, (matrix, tile), timed[:, _LAST] + TILE_DRAIN + 1)
    cycles = int((times.max(axis=1) * -(-blocks // config.tiles_n)).sum())
    # Of each pass once for every block of columns; whole numbers until here.
    weight = blocks[matrix]
    slots, fullest, hidden, waited, row_end = (
        int((each * weight).sum())
        for each in (
            passes.slots,
            passes.fullest_sums,
            timed[:, _HIDDEN],
            timed[:, _WAITED],
            timed[:, _ROW_END],
        )
    )
    fill = (fill_cycles(config) + TILE_DRAIN + 1) * int(weight.sum())
    causes = {
        "lane": slots / lanes / tiles,
        "imbalance": (fullest + hidden - slots / lanes) / tiles,
        "encoder": (waited - hidden - row_end) / tiles,
        "row_end": row_end / tiles,
        "fill_drain": fill / tiles,
        "idle_tiles": cycles - (fullest + waited + fill) / tiles,
    }
    multiplications = int((passes.elements * blocks).sum()) * config.tile.slots_per_element
    dense = multiplications / (lanes * tiles)
    return LayerCycles(cycles, causes["lane"], dense, causes)


@njit(cache=True, nogil=True)
def _count_rows(counts, cuts, beats, lanes, fullest, slots):  # pragma: no cover - compiled
    """Slots of each row's fullest lane, and of each pass."""
    for number in range(len(cuts)):
        first, first_row, rows = cuts[number]
        slots[number] = 0
        for row in range(rows):
            most = np.int64(0)
            for lane in range(lanes):
                total = np.int64(0)
                place = first + row * beats[number] * lanes + lane
                for beat in range(beats[number]):
                    total += counts[place + beat * lanes]
                most = max(most, total)
                slots[number] += total
            fullest[first_row + row] = most


@njit(cache=True, nogil=True)
def _time_passes(
    counts, cuts, beats, fullest, lane_zeros, depths, fill, found
):  # pragma: no cover - compiled
    """The cycle in which the last row of each pass closes; what rows took beyond their fullest lane
    below zero, in all, and where they have no slots (:func:`sim.tile.tile.row_waits`).
    """
    closed = np.empty(cuts[:, 2].max(), np.int64)
    lanes = len(lane_zeros)
    for number in range(len(cuts)):
        first, first_row, rows = cuts[number]
        size = rows * beats[number] * lanes
        part = counts[first : first + size].reshape(rows, beats[number], lanes)
        close_rows(part, lane_zeros, *depths, None, closed[:rows], None)
        hidden, in_all, row_end = row_waits(closed[:rows], fullest[first_row:], fill)
        found[number, 0], found[number, 1] = closed[rows - 1], hidden
        found[number, 2], found[number, 3] = in_all, row_end
