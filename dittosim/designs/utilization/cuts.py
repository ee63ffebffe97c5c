"""How a machine cuts products whose values are not known, and how long it waits for memory."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from dittosim.designs.utilization.array_cycles import PASS
from dittosim.designs.utilization.model_products import ArrayProduct
from golden.accelerator.candidates import ORDERS, chunk_lengths, line_counts
from golden.accelerator.plan import Plan
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from sim.scheduler.pass_bounds import PassSums
from sim.scheduler.plan_bounds import least_cycles


@dataclass(frozen=True)
class Cut:
    """A plan, and what it takes."""

    plan: Plan
    array: int
    """Cycles of its passes, were every element to take one of its lane"""
    least: int
    """Of the layer alone, memory and all, with the slots given, at least"""


def array_cycles(plan: Plan, slots: float = 1) -> int:
    """Cycles of all passes, each element taking so many of its lane; a beat takes one at least.

    Those of :func:`sim.scheduler.pass_cycles.pass_cycles` on dense tiles, if ``slots`` is 1.
    """
    config, shape = plan.config, plan.shape
    before = plan.row_blocks - 1
    # The first tile of a block has as many lines as any other.
    last = min(plan.lines, shape.out_height - before * config.tiles_m * plan.lines)
    rows = (before * plan.lines + last) * shape.out_width
    ends = plan.row_blocks * plan.chunks * PASS
    return plan.groups * (rows * _row_cycles(shape.row_beats(config), config, slots) + ends)


def cut_for_the_array(one: ArrayProduct, mode: Mode, config: MachineConfig) -> Plan:
    """The cut with the fewest cycles on the array, of those that fit the buffers.

    ``mode`` says what the product moves. DittosimError if no cut fits.
    """
    chunk_beats = chunk_lengths(one.shape, config)[0]
    lines = _fitting_lines(one, mode, config)
    plans = [Plan(one.shape, config, each, chunk_beats, False) for each in lines]
    return min(plans, key=array_cycles)


def cheapest(one: ArrayProduct, mode: Mode, config: MachineConfig, slots: float = 1) -> Cut:
    """The cut with the fewest cycles at least (:mod:`sim.scheduler.plan_bounds`), memory and all.

    ``mode`` and errors as in :func:`cut_for_the_array`.
    """
    shape = one.shape
    lines = _fitting_lines(one, mode, config)
    best: tuple[int, Plan] | None = None
    for chunk_beats in chunk_lengths(shape, config):
        plan = Plan(shape, config, lines[0], chunk_beats, False)
        found = least_cycles(_sums(plan, slots), plan, mode, lines)
        line, order = np.unravel_index(int(found.argmin()), found.shape)
        least = int(found[line, order])
        if best is None or least < best[0]:
            best = least, Plan(shape, config, lines[line], chunk_beats, ORDERS[order])
    assert best
    least, plan = best
    return Cut(plan, array_cycles(plan), least)


def as_elements(config: MachineConfig) -> MachineConfig:
    """The machine as one whose elements take a cycle each: the same plans, no digits."""
    return config.model_copy(update={"tile": TileKind.DENSE, "rows_in_flight": 1})


def _fitting_lines(one: ArrayProduct, mode: Mode, config: MachineConfig) -> list[int]:
    """Lines of a tile that fit, the largest first: what more lines need, fewer need, too."""
    lines = line_counts(one.shape.out_height)
    first = bisect_left(lines, True, key=lambda n: _fits(one, mode, config, n))
    if first == len(lines):
        Plan(one.shape, config, lines[-1], 1, False).check(mode)  # says why
    return lines[first:]


def _fits(one: ArrayProduct, mode: Mode, config: MachineConfig, lines: int) -> bool:
    try:
        Plan(one.shape, config, lines, 1, False).check(mode)
    except DittosimError:
        return False
    return True


def _row_cycles(beats: int, config: MachineConfig, slots: float) -> int:
    return max(beats, round(beats * config.lane_elements * slots))


def _sums(plan: Plan, slots: float) -> PassSums:
    """Of rows that are all alike."""
    cycles = [_row_cycles(plan.beats(chunk), plan.config, slots) for chunk in range(plan.chunks)]
    sums = np.arange(plan.shape.rows + 1)[:, None, None] * np.array(cycles)[None, :, None]
    none = np.empty((0, plan.chunks, 1), np.int64)
    return PassSums(np.ascontiguousarray(sums, np.int64), none, plan.chunk_beats, plan.row_beats)
