"""The machine of a design that an area holds, in the shape that suits a workload best."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from dittosim.designs.design import SHAPE, Design
from dittosim.designs.layer_sizes import LayerSize
from dittosim.silicon.fitted import FittedSilicon
from dittosim.silicon.parts import Part, area_features
from golden.errors import DittosimError
from golden.machine.config import WEIGHT_BITS, MachineConfig
from golden.step.machine_fit import runs_steps

LANES = (2, 4, 8, 16)
TILES = (1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 16)
COLUMNS = range(4, 129, 4)
RANGE = (0.25, 4)
"""Multipliers of the shapes that are tried, in times what the area holds of the base's"""


@dataclass(frozen=True)
class Sized:
    """A machine, what its tiles take, and how busy its multipliers can be."""

    config: MachineConfig
    tiles_um2: float
    """Logic of all tiles: columns, encoders, lanes"""
    busy: float
    """Multiply-accumulates over multipliers times the cycles of the tiles alone, where every
    element takes one"""


def tiles_um2(design: Design, config: MachineConfig, silicon: FittedSilicon) -> float:
    """Logic of all tiles; a design's own multipliers by their bits."""
    found = silicon.tile_um2(config)
    if design.multiplier_bits is None:
        return found
    bit = silicon.parts[Part.COLUMNS].area_um2.get("multiplier_bit", 0.0)
    there = area_features(Part.COLUMNS, config)["multiplier_bit"]
    own = there * design.multiplier_bits / (config.digit_bits * WEIGHT_BITS)
    return found + bit * (own - there)


def tile_cycles(layers: Sequence[LayerSize], config: MachineConfig) -> int:
    """Cycles of the tiles where every element takes one of a lane, rows spread over tiles."""
    shape = np.array([[config.lanes, config.columns, config.tiles_m, config.tiles_n]])
    return int(shape_cycles(layers, config.beat_elements, shape)[0])


def shape_cycles(layers: Sequence[LayerSize], beat_elements: int, shapes: np.ndarray) -> np.ndarray:
    """The same for shapes int64 (count, 4), of :data:`SHAPE`; int64 (count,)."""
    lanes, columns, tiles_m, tiles_n = shapes.T
    cycles = np.zeros(len(shapes), np.int64)
    for layer in layers:
        beats = layer.taps * -(-layer.channels // beat_elements)
        rows, blocks = -(-layer.rows // tiles_m), -(-layer.columns // (columns * tiles_n))
        cycles += layer.count * beats * (beat_elements // lanes) * rows * blocks
    return cycles


def busy(layers: Sequence[LayerSize], config: MachineConfig) -> float:
    """Share of multipliers that have an element, over all cycles of the tiles."""
    macs = sum(layer.macs for layer in layers)
    return macs / (tile_cycles(layers, config) * config.multipliers)


def fitted_machine(
    design: Design,
    base: MachineConfig,
    budget_um2: float,
    layers: Sequence[LayerSize],
    silicon: FittedSilicon,
) -> Sized:
    """The machine in which the tiles take fewest cycles for ``layers``, of those that fit.

    Of several the smallest. A design that has a size keeps it, whatever the budget. DittosimError
    if none fits.
    """
    if design.fixed:
        config = design.config(base)
        return Sized(config, tiles_um2(design, config, silicon), busy(layers, config))
    own = design.config(base)
    shapes = _shapes(own, base.multipliers * budget_um2 / silicon.tile_um2(base))
    cycles = shape_cycles(layers, own.beat_elements, shapes)
    found: Sized | None = None
    fewest = 0
    for index in np.lexsort((shapes.prod(axis=1), cycles)).tolist():
        if found and cycles[index] > fewest:
            break
        config = _shaped(own, shapes[index].tolist())
        area = tiles_um2(design, config, silicon)
        if area <= min(budget_um2, found.tiles_um2 if found else budget_um2) and runs_steps(config):
            found, fewest = Sized(config, area, busy(layers, config)), cycles[index]
    if found is None:
        least = tiles_um2(design, _shaped(own, [2, 4, 1, 1]), silicon)
        raise DittosimError(
            f"design {design.name}: no tile fits into {budget_um2 / 1e6:.4f} mm2; a small one "
            f"takes {least / 1e6:.4f}: give a larger --budget"
        )
    return found


def _shapes(config: MachineConfig, multipliers: float) -> np.ndarray:
    """Shapes with about so many multipliers, int64 (count, 4)."""
    every = np.array(list(product(LANES, COLUMNS, TILES, TILES)), np.int64)
    lanes, counts = every[:, 0], every.prod(axis=1)
    fits = (config.beat_elements % lanes == 0) & (config.max_k % lanes == 0)
    within = (counts >= RANGE[0] * multipliers) & (counts <= RANGE[1] * multipliers)
    return every[fits & within]


def _shaped(config: MachineConfig, shape: list[int]) -> MachineConfig:
    """The machine in another shape, whose weight banks hold rows as long."""
    depth = {"weight_depth": config.max_k // shape[0]}
    return config.model_copy(update={**dict(zip(SHAPE, shape, strict=True)), **depth})
