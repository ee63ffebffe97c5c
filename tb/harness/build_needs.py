"""What building the simulation of a large machine takes, told before it is begun."""

from dataclasses import dataclass

import psutil

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from tb.harness.simulators import Simulator

TOLD_SECONDS = 120
"""Builds that take longer are told of"""
BASE_SECONDS, BASE_BYTES = 40, 100e6
"""Of the accelerator without its tiles"""
MULTIPLIER_SECONDS, MULTIPLIER_BYTES = 0.3, 5e6
"""More for each multiplier of what is compiled: of one tile, if there are many"""
TILE_SECONDS = 0.4
"""More for each tile that is joined to the others"""


@dataclass(frozen=True)
class BuildNeeds:
    """Estimates, from builds on two idle cores (docs/benchmarks.md)."""

    seconds: float
    peak_bytes: float

    @classmethod
    def of(cls, config: MachineConfig) -> "BuildNeeds":
        """Of the accelerator of a machine, built as :mod:`tb.harness.blocks` has it."""
        compiled = config.lanes * config.columns
        tiles = config.tiles_m * config.tiles_n
        return cls(
            BASE_SECONDS + MULTIPLIER_SECONDS * compiled + TILE_SECONDS * tiles,
            BASE_BYTES + MULTIPLIER_BYTES * compiled,
        )


def build_notice(config: MachineConfig, simulator: Simulator) -> str:
    """One line on time and memory, empty for machines that are built soon.

    DittosimError if this system has less memory than a build needs.
    """
    needs = BuildNeeds.of(config)
    if simulator is not Simulator.VERILATOR or needs.seconds <= TOLD_SECONDS:
        return ""
    gigabytes, there = needs.peak_bytes / 1e9, psutil.virtual_memory().total / 1e9
    if gigabytes > there:
        raise DittosimError(
            f"building tiles of {config.lanes * config.columns} multipliers takes about "
            f"{gigabytes:.0f} GB of memory, this system has {there:.0f}: take a machine with "
            "fewer columns per tile"
        )
    tiles = config.tiles_m * config.tiles_n
    return (
        f"{tiles:,} {'tile' if tiles == 1 else 'tiles'}, {config.multipliers:,} multipliers: what "
        f"the cache lacks takes about {needs.seconds / 60:.0f} minutes and {gigabytes:.1f} GB of "
        "memory to build, each design once"
    )
