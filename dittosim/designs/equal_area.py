"""The machine of a design that an area holds, in the shape that suits a workload best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from dittosim.designs.design import Design
from dittosim.designs.layer_sizes import LayerSize
from dittosim.silicon.fitted import FittedSilicon
from dittosim.silicon.parts import Part, area_features
from golden.errors import DittosimError
from golden.machine.config import WEIGHT_BITS, MachineConfig
from golden.step.machine_fit import check_machine

LANES = (2, 4, 8, 16)
TILES = (1, 2, 3, 4, 6, 8, 11, 14, 16)
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
    return sum(
        layer.count
        * -(-layer.rows // config.tiles_m)
        * -(-layer.columns // (config.columns * config.tiles_n))
        * layer.taps
        * -(-layer.channels // config.beat_elements)
        * config.lane_elements
        for layer in layers
    )


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

    def sized(config: MachineConfig) -> Sized:
        return Sized(config, tiles_um2(design, config, silicon), busy(layers, config))

    if design.fixed:
        return sized(design.config(base))
    multipliers = base.multipliers * budget_um2 / silicon.tile_um2(base)
    limits = tuple(multipliers * each for each in RANGE)
    every = [sized(config) for config in _shapes(design, base, limits)]
    fitting = [one for one in every if one.tiles_um2 <= budget_um2]
    if not fitting:
        least = sized(design.config(base, lanes=2, columns=4, tiles_m=1, tiles_n=1)).tiles_um2
        raise DittosimError(
            f"design {design.name}: no tile fits into {budget_um2 / 1e6:.4f} mm2; a small one "
            f"takes {least / 1e6:.4f}: give a larger --budget"
        )
    return min(fitting, key=lambda one: (tile_cycles(layers, one.config), one.tiles_um2))


def _shapes(
    design: Design, base: MachineConfig, limits: tuple[float, ...]
) -> Iterator[MachineConfig]:
    """All that run whole steps and have as many multipliers as the limits say."""
    for lanes, width, tiles_m, tiles_n in product(LANES, COLUMNS, TILES, TILES):
        if base.beat_elements % lanes or base.max_k % lanes:
            continue
        if not limits[0] <= lanes * width * tiles_m * tiles_n <= limits[1]:
            continue
        shape = {"lanes": lanes, "columns": width, "tiles_m": tiles_m, "tiles_n": tiles_n}
        try:
            config = design.config(base, **shape, weight_depth=base.max_k // lanes)
            check_machine(config)
        except DittosimError:
            continue
        yield config
