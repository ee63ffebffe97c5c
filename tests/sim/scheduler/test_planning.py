from dataclasses import replace

import numpy as np
import pytest

from golden.accelerator.candidates import candidates
from golden.machine.config import MachineConfig, load_config
from sim.scheduler.planning import layer_alone, planned
from tb.stimuli.random_programs import random_run
from tests.helpers.random_configs import random_accelerator

CONFIGS = [
    load_config("tiny").model_copy(update={"tiles_m": 2}),
    *(random_accelerator(np.random.default_rng(seed)) for seed in range(8)),
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(10))
def test_no_plan_costs_less(config: MachineConfig, seed: int) -> None:
    run = random_run(config, np.random.default_rng(seed))
    runs = [replace(run, plan=plan) for plan in candidates(run.plan.shape, run.mode, config)]
    costs = [layer_alone(one).cycles for one in runs]
    assert planned(run).plan == runs[costs.index(min(costs))].plan


def test_plan_depends_on_nothing_but_the_layer() -> None:
    run = random_run(CONFIGS[0], np.random.default_rng(8))
    *_, last = candidates(run.plan.shape, run.mode, run.plan.config)
    assert planned(run).plan == planned(replace(run, plan=last)).plan
