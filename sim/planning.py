"""Chooses how a layer is cut into passes, by what the simulator says it costs."""

import math
from dataclasses import replace

from golden.accelerator.candidates import candidates
from golden.accelerator.program import LayerRun, Program
from sim.accelerator import LayerTimeline, queue_timeline
from sim.memory_ports import AxiReadPort, AxiWritePort
from sim.plan_bound import least_cycles


def layer_alone(run: LayerRun) -> LayerTimeline:
    """The layer alone in the queue of an idle machine."""
    config = run.plan.config
    program = Program.of([replace(run, goes_on=False)])
    lines, _ = queue_timeline(program, AxiReadPort(config), AxiWritePort(config))
    return lines[0]


def planned(run: LayerRun) -> LayerRun:
    """The run with its cheapest plan, the first candidate of several that cost as little.

    The plan of ``run`` itself does not matter. Raises DittosimError if there is no plan. Plans
    are timed in the order of their bounds, up to the first that the cheapest so far is not over.
    """
    plans = candidates(run.plan.shape, run.mode, run.plan.config)
    runs = [replace(run, plan=plan) for plan in plans]
    bounds = sorted((least_cycles(one), number) for number, one in enumerate(runs))
    best: tuple[float, int] = (math.inf, 0)
    for bound, number in bounds:
        if (bound, number) > best:
            break
        best = min(best, (layer_alone(runs[number]).cycles, number))
    return runs[best[1]]
