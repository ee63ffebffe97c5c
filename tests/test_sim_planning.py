import numpy as np

from golden.accelerator.candidates import candidates
from golden.config import load_config
from golden.matmul import Mode
from sim.planning import layer_alone, plan_costs, planned
from tb.random_programs import random_run

CONFIG = load_config("tiny").model_copy(update={"tiles_m": 2})


def test_cheapest_first_and_every_plan_once() -> None:
    run = random_run(CONFIG, np.random.default_rng(7))
    costs = plan_costs(run)
    assert [cycles for cycles, _ in costs] == sorted(cycles for cycles, _ in costs)
    plans = [plan for _, plan in costs]
    assert len(plans) == len(list(candidates(run.plan.shape, run.mode, CONFIG)))
    assert layer_alone(planned(run)).cycles == costs[0][0]


def test_plan_depends_on_nothing_but_the_layer() -> None:
    rng = np.random.default_rng(8)
    run = random_run(CONFIG, rng)
    others = list(candidates(run.plan.shape, run.mode, CONFIG))
    assert run.mode in Mode
    assert planned(run).plan == planned(type(run)(**{**vars(run), "plan": others[-1]})).plan
