"""Chooses how a layer is cut into passes, by what the simulator says it costs."""

from dataclasses import replace

from golden.accelerator.candidates import candidates
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun, Program
from sim.accelerator import LayerTimeline, queue_timeline
from sim.memory_ports import AxiReadPort, AxiWritePort


def layer_alone(run: LayerRun) -> LayerTimeline:
    """The layer alone in the queue of an idle machine."""
    config = run.plan.config
    program = Program.of([run])
    lines, _ = queue_timeline(program, AxiReadPort(config), AxiWritePort(config))
    return lines[0]


def plan_costs(run: LayerRun) -> list[tuple[int, Plan]]:
    """Cycles of every plan that the machine can run, the cheapest first.

    The plan of ``run`` itself does not matter. Raises DittosimError if there is none.
    """
    plans = candidates(run.plan.shape, run.mode, run.plan.config)
    costs = [(layer_alone(replace(run, plan=plan)).cycles, plan) for plan in plans]
    return sorted(costs, key=lambda cost: cost[0])


def planned(run: LayerRun) -> LayerRun:
    """The run with its cheapest plan."""
    return replace(run, plan=plan_costs(run)[0][1])
