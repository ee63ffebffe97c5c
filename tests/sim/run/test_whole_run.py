from itertools import islice

import pytest

from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler, images_by_step
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.step.compilation import compile_step
from golden.step.program import Choosing
from golden.workload.workload import load_workload
from sim.run.steps import StepSimulator
from sim.run.whole_run import whole_runs
from tests.helpers.command_line import REPOSITORY

FLOWS = {str(flow.value): flow for flow in (*Mode, *Choosing)}
FOUR_TILES = load_config(str(REPOSITORY / "docs/machines/two-by-two.toml")).model_copy(
    update={"bus_bytes": 8}
)
"""Whole steps take a bus as wide as a row of results"""
MACHINES = {"tiny": load_config("tiny"), "small": load_config("small"), "four tiles": FOUR_TILES}


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("digits-unet", "small"),
        ("digits-dit", "tiny"),
        *(
            pytest.param(name, config, marks=pytest.mark.long)
            for name in ("digits-cond", "digits-unet-s75", "digits-dit-s50", "digits-dit-s75")
            for config in ("small", "four tiles")
        ),
    ],
)
def test_cycles_are_those_of_programs_that_run(name: str, config: str) -> None:
    """Heads, paddings, concatenations: what a product multiplies lies where a program leaves it."""
    workload, steps = load_workload(name), 4
    machine = MACHINES[config]
    programs = {flow: compile_step(workload, machine, mode) for flow, mode in FLOWS.items()}
    runs = whole_runs(programs, workload, steps=steps, seed=3)
    for flow, program in programs.items():
        simulator = StepSimulator(program, workload, workload.labels(1))
        schedule, noise = workload.description.schedule, workload.noise(1, 3)
        images = images_by_step(Sampler.DDIM, simulator, noise, schedule, steps, ImageSeed(3, 0))
        assert len(list(islice(images, steps))) == steps
        assert runs[flow].steps == [step.counters for step in simulator.steps]
        assert runs[flow].modes == [step.modes for step in simulator.steps]


def test_images_add_up() -> None:
    workload = load_workload("digits-unet-s75")
    program = compile_step(workload, load_config("small"), Choosing.DEFO)
    told = []
    both = whole_runs(
        {"defo": program}, workload, steps=3, images=2, progress=lambda: told.append(1)
    )["defo"]
    one = whole_runs({"defo": program}, workload, steps=3)["defo"]
    assert len(told) == 2 * 3
    assert len(both.steps) == len(one.steps) == 3
    assert all(b.cycles > a.cycles for a, b in zip(one.steps, both.steps, strict=True))
    for step, counters in enumerate(both.steps):
        nodes = sum(both.node(name, step).cycles for name in both.names())
        assert nodes == counters.cycles - 2
    assert sum(both.node(name).cycles for name in both.names()) == both.total.cycles - 6
