from dataclasses import replace

import numpy as np
import pytest
from random_configs import random_accelerator

from golden.accelerator.candidates import candidates
from golden.accelerator.workload_layers import workload_layers
from golden.config import MachineConfig, load_config
from golden.matmul import Mode
from golden.workload import load_workload
from sim.plan_bound import least_cycles
from sim.planning import layer_alone
from tb.random_programs import random_run

CONFIGS = [
    load_config("tiny").model_copy(update={"tiles_m": 2, "memory_interval": 3}),
    *(random_accelerator(np.random.default_rng(seed)) for seed in range(8)),
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(10))
def test_no_plan_takes_less(config: MachineConfig, seed: int) -> None:
    run = random_run(config, np.random.default_rng(seed))
    for plan in candidates(run.plan.shape, run.mode, config):
        one = replace(run, plan=plan)
        assert least_cycles(one) <= layer_alone(one).cycles


def test_plans_of_a_workload_take_hardly_more() -> None:
    config = load_config("tiny")
    runs = workload_layers(load_workload("digits-unet"), config, list(Mode), lambda run: run)
    for named in runs:
        assert least_cycles(named.run) > 0.95 * layer_alone(named.run).cycles
