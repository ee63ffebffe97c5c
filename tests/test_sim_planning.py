from dataclasses import replace

import numpy as np
import pytest
from random_configs import random_accelerator

from golden.accelerator.candidates import candidates
from golden.accelerator.program import LayerRun
from golden.config import MachineConfig, load_config
from sim.planning import layer_alone, planned
from tb.random_programs import random_run

CONFIGS = [
    load_config("tiny").model_copy(update={"tiles_m": 2}),
    *(random_accelerator(np.random.default_rng(seed)) for seed in range(8)),
]


def exhaustively_planned(run: LayerRun) -> LayerRun:
    """Every plan timed; ``min`` takes the first of those that cost as little."""
    plans = candidates(run.plan.shape, run.mode, run.plan.config)
    return min((replace(run, plan=plan) for plan in plans), key=lambda one: layer_alone(one).cycles)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(10))
def test_as_an_exhaustive_search(config: MachineConfig, seed: int) -> None:
    run = random_run(config, np.random.default_rng(seed))
    assert planned(run).plan == exhaustively_planned(run).plan


def test_plan_depends_on_nothing_but_the_layer() -> None:
    run = random_run(CONFIGS[0], np.random.default_rng(8))
    *_, last = candidates(run.plan.shape, run.mode, run.plan.config)
    assert planned(run).plan == planned(replace(run, plan=last)).plan
