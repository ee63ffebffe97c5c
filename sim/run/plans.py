"""Cheapest cuts of a program's products on activations that are there already."""

from functools import partial

from golden.accelerator.plan import Plan
from golden.step.compilation import PlanKey, tensor_layouts
from golden.step.execute import chosen
from golden.step.program import StepProgram
from golden.step.sampling import first_modes
from golden.workload.workload import Workload
from sim.run.activations import Inputs
from sim.run.operand_rows import OperandRows
from sim.scheduler.planning import planned


def step_plans(
    draft: StepProgram, workload: Workload, step: int, inputs: Inputs
) -> dict[PlanKey, Plan]:
    """The plans of :func:`golden.step.planning.planned_step`, without running over memory.

    ``draft``: the program without them; ``inputs``: those of layers in that step.
    """
    rows = OperandRows(workload.description.graph, tensor_layouts(workload, draft.config))
    plans: dict[PlanKey, Plan] = {}
    queue = draft.queues[draft.queue_of(step)]
    for entry in chosen(queue.entries, partial(first_modes, step)):
        of = entry.product
        if of and (of.layer, of.number) not in plans:
            plans[of.layer, of.number] = planned(rows.run(entry, inputs[of.layer])).plan
    return plans
