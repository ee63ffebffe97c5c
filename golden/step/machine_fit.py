"""What a machine must be like to run a whole step: sums without gaps, columns in whole words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from golden.accelerator.units import Units
from golden.errors import DittosimError
from golden.machine.config import MachineConfig

T = TypeVar("T")

MAX_BUS_BYTES = 64
"""16 columns' sums fill so many: those of a wider word would have gaps."""
LIMITS = (
    "vector_channels",
    "vector_words",
    "input_beats",
    "accumulator_depth",
    "previous_words",
    "weight_depth",
)
"""Sizes of buffers, which errors of fit name"""


@dataclass(frozen=True)
class _Rule:
    text: str
    kept: bool


def check_machine(config: MachineConfig) -> None:
    """DittosimError that names all rules which ``config`` breaks, and the nearest that keeps them.

    So that an output of 8 bits is whole bus words for every group of columns, and that sums follow
    each other.
    """
    Units.of(config)
    broken = [rule.text for rule in _rules(config, config.columns, config.tiles_n) if not rule.kept]
    if not broken:
        return
    raise DittosimError(
        f"a machine that runs whole steps has {'; and '.join(broken)}; {_cure(config)}"
    )


def runs_steps(config: MachineConfig) -> bool:
    """Whether :func:`check_machine` has nothing to say."""
    try:
        Units.of(config)
    except DittosimError:
        return False
    return all(rule.kept for rule in _rules(config, config.columns, config.tiles_n))


def pixel_unit(config: MachineConfig) -> int:
    """What the channels of a pixel in memory are a multiple of."""
    return max(config.beat_elements, config.bus_bytes)


def fitting(compiled: Callable[[MachineConfig], T], config: MachineConfig) -> T:
    """What ``compiled`` makes for ``config``.

    Where that raises a DittosimError with a line for every node that does not fit, one that also
    says which buffers must be how large: each doubled until all nodes fit.
    """
    try:
        return compiled(config)
    except DittosimError as error:
        problems = _told_once(str(error).splitlines())
        sizes = _sizes(compiled, config, str(error))
        if not sizes:
            raise DittosimError("; ".join(problems)) from error
        cure = ", ".join(f"{name} = {size}" for name, size in sizes.items())
        told = "; ".join(problem.removesuffix("; use a machine with more") for problem in problems)
        raise DittosimError(f"{told}; all fits with {cure}") from error


def _told_once(problems: list[str]) -> list[str]:
    """Nodes with the same problem in one sentence."""
    nodes: dict[str, list[str]] = {}
    for problem in problems:
        node, _, what = problem.partition(": ")
        if not what or not node.startswith("node "):
            node, what = "", problem
        nodes.setdefault(what, []).append(node.removeprefix("node "))
    return [
        what if not all(names) else f"{'nodes' if names[1:] else 'node'} {', '.join(names)}: {what}"
        for what, names in nodes.items()
    ]


def _sizes(
    compiled: Callable[[MachineConfig], object], config: MachineConfig, told: str
) -> dict[str, int]:
    """The limits that must be larger; none if that is no cure."""
    sizes: dict[str, int] = {}
    while True:
        named = [name for name in LIMITS if name in told]
        if not named:
            return {}
        for name in named:
            sizes[name] = 2 * sizes.get(name, getattr(config, name))
        try:
            compiled(MachineConfig(**config.model_dump() | sizes))
        except ValidationError:
            return {}
        except DittosimError as error:
            told = str(error)
        else:
            return {name: sizes[name] for name in LIMITS if name in sizes}


def _rules(config: MachineConfig, columns: int, tiles: int) -> list[_Rule]:
    bus, sums = config.bus_bytes, config.bus_bytes // 4
    side = tiles * columns
    return [
        _Rule(
            f"tiles_n * columns ({side}) a multiple of bus_bytes ({bus})",
            side % bus == 0,
        ),
        _Rule(f"columns ({columns}) a multiple of bus_bytes / 4 ({sums})", columns % sums == 0),
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
    """The change by the fewest PEs side by side; both if columns and tiles do equally well."""
    if config.bus_bytes > MAX_BUS_BYTES:
        return f"use bus_bytes = {MAX_BUS_BYTES}"
    found: list[tuple[int, str]] = []
    side = config.tiles_n * config.columns
    columns = _nearest(config, config.columns, 4096, lambda one: (one, config.tiles_n))
    if columns:
        change = abs(config.tiles_n * columns - side)
        found.append((change, f"columns = {columns}"))
    tiles = _nearest(config, config.tiles_n, 1024, lambda one: (config.columns, one))
    if tiles:
        change = abs(tiles * config.columns - side)
        found.append((change, f"tiles_n = {tiles}"))
    least = min(change for change, _ in found)
    return f"use {' or '.join(text for change, text in found if change == least)}"


def _nearest(
    config: MachineConfig, value: int, most: int, shape: Callable[[int], tuple[int, int]]
) -> int | None:
    """The one nearest to ``value`` whose columns and tiles keep all rules."""
    for one in sorted(range(1, most + 1), key=lambda one: (abs(one - value), one)):
        if all(rule.kept for rule in _rules(config, *shape(one))):
            return one
    return None
