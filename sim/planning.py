"""Chooses how a layer is cut into passes, by what the simulator says it costs."""

from dataclasses import replace

from golden.accelerator.assemble import Addresses
from golden.accelerator.candidates import candidates
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun
from sim.accelerator import LayerTimeline, layer_timeline
from sim.memory_ports import AxiReadPort, AxiWritePort


def layer_alone(run: LayerRun) -> LayerTimeline:
    """The layer on an idle machine, started in cycle 0; every tensor begins a page."""
    config = run.plan.config
    places = Addresses(0, 0, 0)
    return layer_timeline(run, places, 0, AxiReadPort(config), AxiWritePort(config))


def plan_costs(run: LayerRun) -> list[tuple[int, Plan]]:
    """Cycles of every plan that the machine can run, the cheapest first.

    The plan of ``run`` itself does not matter. Raises DittosimError if there is none.
    """
    plans = candidates(run.plan.shape, run.mode, run.plan.config)
    costs = [(layer_alone(replace(run, plan=plan)).ended, plan) for plan in plans]
    return sorted(costs, key=lambda cost: cost[0])


def planned(run: LayerRun) -> LayerRun:
    """The run with its cheapest plan."""
    return replace(run, plan=plan_costs(run)[0][1])
