from dataclasses import replace

from golden.accelerator.candidates import candidates
from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.network.dit import dit
from golden.step.compilation import compile_step
from golden.step.planning import planned_step
from tb.stimuli.random_workloads import random_workload
from tests.helpers.step_runs import assert_steps_equal


def test_every_product_has_the_plan_that_its_planner_gave() -> None:
    workload = random_workload(dit(8, 18, depth=1, patch=2, heads=2, classes=2), (8, 8, 1))
    chosen = []

    def shortest(run: LayerRun) -> LayerRun:
        assert run.mode is Mode.TEMPORAL
        assert run.reference is not None
        *_, plan = candidates(run.plan.shape, run.mode, run.plan.config)
        chosen.append(plan)
        return replace(run, plan=plan)

    draft = compile_step(workload, load_config("tiny"), Mode.TEMPORAL)
    program = planned_step(draft, workload, shortest)
    entries = program.queues["odd"].entries
    products = [entry.product for entry in entries if entry.product]
    plans = {(of.layer, of.number): of.plan for of in products}
    assert sorted(plans.values(), key=repr) == sorted(chosen, key=repr)
    assert any(of.plan.tile_blocks > 1 for of in products)
    assert_steps_equal(program, workload, 3)
