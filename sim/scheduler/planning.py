"""Chooses how a layer is cut into passes, by what the simulator says it costs."""

from dataclasses import replace

from golden.accelerator.candidates import candidates
from golden.accelerator.program import LayerRun, Program
from sim.scheduler.accelerator import LayerTimeline, queue_timeline


def layer_alone(run: LayerRun) -> LayerTimeline:
    """The layer alone in the queue of an idle machine."""
    lines, _ = queue_timeline(Program.of([replace(run, goes_on=False)]))
    return lines[0]


def planned(run: LayerRun) -> LayerRun:
    """The run with its cheapest plan, the first candidate of several that cost as little.

    The plan of ``run`` itself does not matter. Raises DittosimError if there is no plan.
    """
    plans = candidates(run.plan.shape, run.mode, run.plan.config)
    return min((replace(run, plan=plan) for plan in plans), key=lambda one: layer_alone(one).cycles)
