"""Resets in the middle of runs: when they come, and what must have come before."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

import numpy as np

from tb.harness.clocked import Agent, reset, start
from tb.harness.coverage import Coverage

T = TypeVar("T")
LATEST = 3000
"""Cycle of the latest reset: a run begins anew after each"""
RESETS = ("early", "anywhere", "late")
"""Strata of the moments of resets"""


def moments(rng: np.random.Generator, cycles: int) -> dict[str, int]:
    """Cycles in which runs of about ``cycles`` are cut by a reset, by stratum."""
    end = max(2, min(cycles, LATEST))
    ranges = ((1, min(end, 12)), (1, end), (end - end // 8 - 1, end))
    return {name: int(rng.integers(*one)) for name, one in zip(RESETS, ranges, strict=True)}


def reset_places(rng: np.random.Generator, count: int) -> dict[int, str]:
    """Which of ``count`` things in a row are interrupted by a reset, and the stratum of each."""
    return dict(zip(rng.permutation(count).tolist(), RESETS, strict=False))


async def sessions(
    dut: Any, rng: np.random.Generator, cycles: int, coverage: Coverage
) -> AsyncIterator[int | None]:
    """Moments of :func:`moments`, then None: a run to its end, each after a reset.

    Starts the clock before the first. Counts the axis "reset".
    """
    await start(dut)
    for name, moment in moments(rng, cycles).items():
        yield moment
        await reset(dut)
        coverage.see("reset", name)
    yield None


async def cut(dut: Any, streams: Sequence[Agent]) -> None:
    """Resets the device in the middle of everything, and only then leaves its inputs at rest."""
    await reset(dut)
    for stream in streams:
        stream.release()


def until(
    moment: int | None, values: Sequence[T], cycles: Sequence[int]
) -> tuple[Sequence[T], Sequence[int]]:
    """What comes before ``moment``, of ``values`` that come in ``cycles``; all if it is None."""
    count = len(cycles) if moment is None else sum(cycle < moment for cycle in cycles)
    return values[:count], cycles[:count]
