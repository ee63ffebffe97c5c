import numpy as np
import pytest

from golden.machine.config import MachineConfig, load_config
from tb.harness.coverage import Coverage
from tb.harness.stimulus import stratified
from tb.stimuli.random_programs import (
    STRATA,
    program_strata,
    see_program,
    stratified_programs,
)
from tests.helpers.random_configs import random_accelerator

RANDOM = [random_accelerator(np.random.default_rng(seed)) for seed in range(8)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["tiny", "small"])
def test_presets_meet_every_stratum(name: str, seed: int) -> None:
    config = load_config(name)
    axes = program_strata(config)
    assert axes == {**{axis: list(strata) for axis, strata in STRATA.items()}, **_steps(axes)}
    for largest in (None, 1 << 12):
        assert_all_met(config, seed, 2, largest)


@pytest.mark.parametrize("config", RANDOM)
def test_random_machines_meet_all_that_they_can(config: MachineConfig) -> None:
    assert len(program_strata(config)["mode"]) == len(STRATA["mode"])
    assert_all_met(config, 0, 3, None)


def assert_all_met(config: MachineConfig, seed: int, layers: int, largest: int | None) -> None:
    coverage = Coverage(program_strata(config))
    for program in stratified_programs(config, np.random.default_rng(seed), 4, layers, largest):
        assert sum(run.interrupt for run in program.runs) == 1
        see_program(coverage, program)
    assert coverage.missed() == []


def _steps(axes: dict) -> dict:
    return {"step": axes["step"]}


def test_strata_come_equally_often_in_any_order() -> None:
    draws = stratified(np.random.default_rng(1), "abc", 300)
    assert [draws.count(letter) for letter in "abc"] == [100, 100, 100]
    assert all(set(draws[n : n + 3]) == set("abc") for n in range(0, 300, 3))
    assert draws[:3] != draws[3:6] or draws[3:6] != draws[6:9]
