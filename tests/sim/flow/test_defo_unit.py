import numpy as np
import pytest

from golden.difference.matmul import Mode
from golden.flow.defo import CycleCounter, judge
from golden.machine.config import load_config, make_config
from golden.network.dit import dit
from golden.step.compilation import compile_step
from golden.step.program import Choosing
from sim.flow.defo_unit import DefoTable
from sim.run.steps import StepSimulator
from tb.stimuli.random_workloads import random_workload

TINY = load_config("tiny")


@pytest.mark.parametrize("flow", Choosing)
@pytest.mark.parametrize("seed", range(3))
def test_the_table_decides_as_golden_judges(seed: int, flow: Choosing) -> None:
    rng = np.random.default_rng(seed)
    layers = [f"layer{n}" for n in range(20)]
    cycles = {
        (mode, layer, step): int(rng.integers(1, 1 << 21))
        for mode in Mode
        for layer in layers
        for step in range(4)
    }
    # Golden's judge has the paper's counters: 16 bits in units of 16, which saturate here.
    table = DefoTable(CycleCounter(), flow.otherwise)
    modes = {layer: [] for layer in layers}
    for step in range(4):
        for layer in layers:
            mode = table.mode(step, layer)
            modes[layer].append(mode)
            table.measure(step, layer, cycles[mode, layer, step])
    wanted = judge(cycles, flow.otherwise)
    assert modes == wanted.modes
    assert table.entries == wanted.decisions


def test_counters_are_those_of_the_machine() -> None:
    config = make_config({"defo_counter_bits": 4, "defo_unit": 8}, "test")
    table = DefoTable(CycleCounter.of(config), Mode.ACT)
    for layer, first, temporal in (("full", 1000, 120), ("equal", 23, 16), ("less", 23, 15)):
        table.measure(0, layer, first)
        table.measure(1, layer, temporal)
    found = {name: (one.act, one.temporal, one.mode) for name, one in table.entries.items()}
    assert found == {
        "full": (15, 15, Mode.ACT),
        "equal": (2, 2, Mode.ACT),
        "less": (2, 1, Mode.TEMPORAL),
    }


@pytest.mark.parametrize("flow", Choosing)
def test_steps_run_in_the_modes_that_the_table_says(flow: Choosing) -> None:
    workload = random_workload(dit(4, 8, depth=1, patch=2, heads=2, classes=2), (4, 4, 1), 0)
    simulator = StepSimulator(compile_step(workload, TINY, flow), workload)
    image = workload.noise(1, 0)
    for time in (3, 2, 1, 0):
        simulator(image, time)
    assert simulator.table
    first, second, *rest = simulator.steps
    assert set(first.modes.values()) == {Mode.ACT}
    assert set(second.modes.values()) == {Mode.TEMPORAL}
    for layer, decision in simulator.table.entries.items():
        assert decision.act == first.measured[layer]
        assert decision.temporal == second.measured[layer]
        wins = decision.temporal < decision.act
        assert decision.mode is (Mode.TEMPORAL if wins else flow.otherwise)
        assert all(step.modes[layer] is decision.mode for step in rest)
    for step in simulator.steps:
        modes = [e.product.mode for e in step.entries if e.product]
        assert set(modes) <= set(step.modes.values()) | {Mode.ACT}
        assert sum(line.cycles for line in step.layers) < step.counters.cycles
