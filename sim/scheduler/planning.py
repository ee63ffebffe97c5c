"""Chooses how a layer is cut into passes, by what the simulator says it costs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from golden.accelerator.candidates import (
    ORDERS,
    candidates,
    chunk_lengths,
    cuts,
    line_counts,
    repeats,
)
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun, Program
from golden.errors import DittosimError
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from golden.step.outputs import fused_pixels
from sim.scheduler.accelerator import LayerTimeline, queue_timeline
from sim.scheduler.pass_bounds import PassSums
from sim.scheduler.pass_cycles import PassSlots, closed_passes, pass_cycles
from sim.scheduler.plan_bounds import least_cycles


def layer_alone(
    run: LayerRun, passes_of: Callable[[LayerRun], np.ndarray] = pass_cycles
) -> LayerTimeline:
    """The layer alone in the queue of an idle machine, whose passes take what they do.

    ``passes_of`` is that of :func:`sim.scheduler.accelerator.queue_timeline`.
    """
    alone = replace(run, goes_on=False, output=False, discard=False)
    lines, _ = queue_timeline(Program.of([alone]), passes_of=passes_of)
    return lines[0]


def planned(run: LayerRun) -> LayerRun:
    """The run with its cheapest plan, the first candidate of several that cost as little.

    The plan of ``run`` itself does not matter, but that it lets results pass the vector unit, which
    the new one then does, too. Raises DittosimError if there is no plan.

    Candidates are simulated in the order of what they take at least
    (:mod:`sim.scheduler.plan_bounds`), first with the least that their passes take
    (:mod:`sim.scheduler.pass_bounds`), until all others take more.
    """
    slots = PassSlots.of(run)
    plans = list(cuts(run.plan.shape, run.plan.config))
    chunkings = {plan.chunk_beats: PassSums.of(slots, plan) for plan in _of_each_chunking(run)}
    least = _least(run, chunkings)
    best: tuple[int, int] | None = None

    def bound(one: LayerRun) -> np.ndarray:
        return chunkings[one.plan.chunk_beats].cycles(one.plan)

    def exact(one: LayerRun) -> np.ndarray:
        return closed_passes(slots, one.plan) + FEEDER_LATENCY + PASS_DRAIN

    for index in np.argsort(least, kind="stable").tolist():
        if best and (int(least[index]), index) > best:
            break
        if not _fits(run, plans[index]):
            continue
        one = replace(run, plan=plans[index])
        if best and (layer_alone(one, bound).cycles, index) > best:
            continue
        cost = layer_alone(one, exact).cycles, index
        best = min(best, cost) if best else cost
    if best is None:
        next(candidates(run.plan.shape, run.mode, run.plan.config))  # says why there is none
        raise AssertionError(
            "a run whose results pass the vector unit has a plan with which they do"
        )
    return replace(run, plan=plans[best[1]])


def _of_each_chunking(run: LayerRun) -> list[Plan]:
    shape, config = run.plan.shape, run.plan.config
    lengths = chunk_lengths(shape, config)
    return [Plan(shape, config, shape.out_height, length, False) for length in lengths]


def _least(run: LayerRun, chunkings: dict[int, PassSums]) -> np.ndarray:
    """Least cycles of all cuts, in their order."""
    lines = line_counts(run.plan.shape.out_height)
    found = np.empty((len(lines), len(chunkings), len(ORDERS)), np.int64)
    for number, plan in enumerate(_of_each_chunking(run)):
        found[:, number] = least_cycles(chunkings[plan.chunk_beats], plan, run.mode, lines)
    return found.reshape(-1)


def _fits(run: LayerRun, plan: Plan) -> bool:
    """Whether it is a candidate with which results can pass the vector unit, if they are to."""
    if repeats(plan):
        return False
    try:
        plan.check(run.mode)
    except DittosimError:
        return False
    return not run.output or bool(fused_pixels(plan, stored=not run.discard))
