"""Chooses how a layer is cut into passes, by what the simulator says it costs."""

from dataclasses import replace

from golden.accelerator.candidates import candidates
from golden.accelerator.program import LayerRun, Program
from golden.step.products import fused_pixels
from sim.scheduler.accelerator import LayerTimeline, queue_timeline


def layer_alone(run: LayerRun) -> LayerTimeline:
    """The layer alone in the queue of an idle machine."""
    alone = replace(run, goes_on=False, output=False, discard=False)
    lines, _ = queue_timeline(Program.of([alone]))
    return lines[0]


def planned(run: LayerRun) -> LayerRun:
    """The run with its cheapest plan, the first candidate of several that cost as little.

    The plan of ``run`` itself does not matter, but that it lets results pass the vector unit, which
    the new one then does, too. Raises DittosimError if there is no plan.
    """
    plans = candidates(run.plan.shape, run.mode, run.plan.config)
    if run.output:
        plans = (plan for plan in plans if fused_pixels(plan, stored=not run.discard))
    return min((replace(run, plan=plan) for plan in plans), key=lambda one: layer_alone(one).cycles)
