"""Cycles of the array for products, were every element to take one of its lane.

Cut for the array alone: rows of a product in one block, elements of a row in one chunk. No plan
takes less; :mod:`dittosim.designs.utilization.cuts` has those of plans.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from dittosim.designs.utilization.model_products import ArrayProduct
from golden.machine.config import MachineConfig
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN

PASS = FEEDER_LATENCY + PASS_DRAIN
"""Of each pass, to fill and drain the array"""


def least_array_cycles(
    found: Iterable[ArrayProduct], config: MachineConfig, grids: np.ndarray
) -> np.ndarray:
    """Of machines like ``config`` but for int64 (count, 3): columns, tiles_m, tiles_n.

    int64 (count,).
    """
    columns, tiles_m, tiles_n = grids.T
    side = columns * tiles_n
    cycles = np.zeros(len(grids), np.int64)
    for one in found:
        shape = one.shape
        rows = -(-shape.out_height // tiles_m) * shape.out_width
        of_group = rows * (shape.row_beats(config) * config.lane_elements) + PASS
        cycles += one.count * of_group * -(-shape.columns // side)
    return cycles


@dataclass(frozen=True)
class Idle:
    """Cycles of the array, multipliers times cycles, by why they have no element."""

    busy: float
    k: float
    """Rows that end within a beat"""
    columns: float
    """Output channels that leave columns of the last group without weights"""
    rows: float
    """Output lines that leave tiles without rows"""
    ends: float
    """Filling and draining"""

    @classmethod
    def of(cls, one: ArrayProduct, config: MachineConfig, cycles: int) -> Self:
        """Of all equal products, which take ``cycles`` on the array together.

        Causes follow each other: columns are those of whole beats, rows those of whole groups.
        """
        shape, beat = one.shape, config.beat_elements
        side = config.columns * config.tiles_n
        beats = one.count * shape.rows * shape.row_beats(config) * beat * shape.columns
        groups = beats // shape.columns * -(-shape.columns // side) * side
        lines = -(-shape.out_height // config.tiles_m) * config.tiles_m
        rows = groups // shape.out_height * lines
        whole = cycles * config.multipliers
        return cls(one.macs, beats - one.macs, groups - beats, rows - groups, whole - rows)

    @property
    def all(self) -> float:
        """Busy or not."""
        return self.busy + self.k + self.columns + self.rows + self.ends

    def __add__(self, other: Self) -> Self:
        both = zip(vars(self).values(), vars(other).values(), strict=True)
        return type(self)(*(a + b for a, b in both))
