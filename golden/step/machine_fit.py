"""What a machine must be like to run a whole step: sums without gaps, columns in whole words."""

from dataclasses import dataclass

from golden.accelerator.units import Units
from golden.errors import DittosimError
from golden.machine.config import MachineConfig

MAX_BUS_BYTES = 64
"""16 columns' sums fill so many: those of a wider word would have gaps."""


@dataclass(frozen=True)
class _Rule:
    text: str
    kept: bool


def check_machine(config: MachineConfig) -> None:
    """DittosimError that names all rules which ``config`` breaks, and the nearest that keeps them.

    So that an output of 8 bits is whole bus words for every group of columns, that a bus word of
    sums is as many elements as the vector unit has lanes, and that sums follow each other.
    """
    Units.of(config)
    broken = [rule.text for rule in _rules(config, config.columns) if not rule.kept]
    if not broken:
        return
    raise DittosimError(
        f"a machine that runs whole steps has {'; and '.join(broken)}; {_cure(config)}"
    )


def pixel_unit(config: MachineConfig) -> int:
    """What the channels of a pixel in memory are a multiple of."""
    return max(config.beat_elements, config.bus_bytes)


def _rules(config: MachineConfig, columns: int) -> list[_Rule]:
    bus, lanes = config.bus_bytes, config.vector_lanes
    side = config.tiles_n * columns
    return [
        _Rule(
            f"tiles_n * columns ({side}) a multiple of bus_bytes ({bus})",
            side % bus == 0,
        ),
        _Rule(f"columns ({columns}) a multiple of bus_bytes / 4 ({lanes})", columns % lanes == 0),
        _Rule(f"columns ({columns}) at most 16 or a multiple of 16", _whole(columns)),
        _Rule(
            f"columns ({columns}) a multiple or a divisor of bus_bytes ({bus})",
            max(columns, bus) % min(columns, bus) == 0,
        ),
        _Rule(f"bus_bytes ({bus}) of at most {MAX_BUS_BYTES}", bus <= MAX_BUS_BYTES),
    ]


def _whole(columns: int) -> bool:
    return columns <= 16 or columns % 16 == 0


def _cure(config: MachineConfig) -> str:
    if config.bus_bytes > MAX_BUS_BYTES:
        return f"use bus_bytes = {MAX_BUS_BYTES}"
    nearest = sorted(range(1, 4097), key=lambda columns: (abs(columns - config.columns), columns))
    columns = next(c for c in nearest if all(rule.kept for rule in _rules(config, c)))
    return f"use columns = {columns}"
