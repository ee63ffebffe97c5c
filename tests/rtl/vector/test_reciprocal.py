"""The reciprocal unit against the integer model, its latencies included."""

import math

import numpy as np
import pytest
from amaranth.sim import Simulator

from golden.integer.normalization import MAX_GROUP, division, reciprocal_root
from golden.machine.timing import RECIPROCAL_LATENCY, RECIPROCAL_ROOT_LATENCY
from rtl.vector.reciprocal import FRACTION_PLACES, Reciprocal


def _run(given: list[dict[str, int]], outputs: tuple[str, ...]) -> list[tuple[int, ...]]:
    """Cycles from each start to its end, and then the outputs."""
    unit = Reciprocal()
    found = []

    async def process(context) -> None:
        for one in given:
            for name, value in one.items():
                context.set(getattr(unit, name), value)
            context.set(unit.start, 1)
            await context.tick()
            context.set(unit.start, 0)
            for name in one:
                context.set(getattr(unit, name), 0)
            cycles = 1
            while not context.get(unit.done):
                await context.tick()
                cycles += 1
            await context.tick()
            found.append((cycles, *(context.get(getattr(unit, name)) for name in outputs)))

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(process)
    simulator.run()
    return found


def _group(rng: np.random.Generator, count: int, magnitude: int) -> dict[str, int]:
    """Sums of a group of ``count`` integers, of which those that are drawn repeat."""
    drawn = rng.integers(-magnitude, magnitude + 1, min(count, 64)).tolist()
    times = count // len(drawn)
    count = times * len(drawn)
    total, squares = times * sum(drawn), times * sum(x * x for x in drawn)
    return {"total": total, "squares": squares, "count": count, "epsilon": 1}


@pytest.mark.parametrize("count", [1, 2, 64, 1 << 16, MAX_GROUP])
@pytest.mark.parametrize("magnitude", [0, 1, 300, 65535])
def test_roots_are_those_of_the_integer_model(count: int, magnitude: int) -> None:
    rng = np.random.default_rng(count + magnitude)
    groups = [_group(rng, count, magnitude) for _ in range(2)]
    for one in groups:
        one["division"] = division(one["count"]) + int(rng.integers(0, 3))
        one["epsilon"] = int(rng.choice([1, 5, 1 << 40, 1 << 61]))
        one["of_group"] = 1
    for one, (cycles, root, places) in zip(groups, _run(groups, ("root", "places")), strict=True):
        n, q, s, d = (one[name] for name in ("count", "squares", "total", "division"))
        expected, e = reciprocal_root(((n * q - s * s) >> 2 * d) + one["epsilon"])
        assert (cycles, root) == (RECIPROCAL_ROOT_LATENCY, expected)
        assert places == FRACTION_PLACES + e + d


def test_quotients_are_exact() -> None:
    rng = np.random.default_rng(0)
    divisors = [1 << 15, 1 << 31, *rng.integers(1 << 15, 1 << 31, 6).tolist()]
    found = _run([{"divisor": one, "of_group": 0} for one in divisors], ("quotient",))
    assert found == [(RECIPROCAL_LATENCY, (1 << 46) // one) for one in divisors]


def test_an_extreme_sum() -> None:
    """The most negative total, of a group as large as can be, with squares that fit it."""
    count = MAX_GROUP
    one = {"total": -(count << 15), "squares": count << 30, "count": count}
    one |= {"epsilon": 7, "division": division(count), "of_group": 1}
    ((_, root, _),) = _run([one], ("root", "places"))
    assert root == math.isqrt((1 << 62) // (7 << 28))
