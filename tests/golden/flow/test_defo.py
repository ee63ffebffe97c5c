import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.difference.layer_step import LayerInput, LayerStep
from golden.difference.matmul import Mode
from golden.flow.defo import COUNTER_SHIFT, Defo, count, decide, judge
from golden.workload.workload import load_workload, shipped_workloads

MODES = list(Mode)
UNIT = 1 << COUNTER_SHIFT


def table(layers: int, steps: int, seed: int) -> dict[tuple[Mode, str, int], float]:
    rng = random.Random(seed)
    return {
        (mode, f"layer{layer}", step): rng.randrange(1, 60) * UNIT
        for mode in MODES
        for layer in range(layers)
        for step in range(steps)
    }


def test_the_cheaper_mode_wins_and_a_tie_saves_memory() -> None:
    assert decide("a", 10 * UNIT, 9 * UNIT).mode is Mode.TEMPORAL
    assert decide("a", 9 * UNIT, 10 * UNIT).mode is Mode.ACT
    assert decide("a", 9 * UNIT, 9 * UNIT).mode is Mode.ACT
    assert decide("a", 9 * UNIT, 10 * UNIT, Mode.SPATIAL).mode is Mode.SPATIAL


def test_counters_have_sixteen_bits() -> None:
    assert count(UNIT - 1) == 0
    assert count(UNIT) == 1
    assert count((2**16 - 1) * UNIT) == 2**16 - 1
    assert count(1e12) == 2**16 - 1
    # Two saturated counters tell nothing: the layer stays on original activations.
    assert decide("a", 2e12, 1e12).mode is Mode.ACT


@pytest.mark.parametrize("otherwise", [Mode.ACT, Mode.SPATIAL])
@given(layers=st.integers(1, 4), steps=st.integers(2, 6), seed=st.integers(0, 10**6))
def test_judgement_against_its_definition(
    otherwise: Mode, layers: int, steps: int, seed: int
) -> None:
    cycles = table(layers, steps, seed)
    found = judge(cycles, otherwise)
    total, best, right = 0.0, 0.0, 0
    for name in (f"layer{n}" for n in range(layers)):
        wins = cycles[Mode.TEMPORAL, name, 1] < cycles[Mode.ACT, name, 0]
        for step in range(steps):
            mode = Mode.ACT if step == 0 else Mode.TEMPORAL
            if step > 1 and not wins:
                mode = otherwise
            assert found.modes[name][step] is mode
            total += cycles[mode, name, step]
            possible = [cycles[Mode.ACT, name, step], cycles[otherwise, name, step]]
            if step:
                possible.append(cycles[Mode.TEMPORAL, name, step])
            best += min(possible)
            other = otherwise if mode is Mode.TEMPORAL else Mode.TEMPORAL
            right += step > 1 and cycles[mode, name, step] <= cycles[other, name, step]
    assert (found.cycles, found.oracle) == (total, best)
    assert (found.right, found.decided) == (right, layers * (steps - 2))
    assert found.regret >= 0
    assert 0 <= found.accuracy <= 1


def test_an_oracle_that_agrees_leaves_no_regret() -> None:
    layers, steps = ("a", "b"), 5
    cycles: dict[tuple[Mode, str, int], float] = {}
    for (layer, cheap), step in itertools.product(
        zip(layers, (Mode.TEMPORAL, Mode.ACT), strict=True), range(steps)
    ):
        for mode in MODES:
            cycles[mode, layer, step] = UNIT * (1 if mode is cheap else 2)
    found = judge(cycles)
    assert found.accuracy == 1
    assert found.changed == 0.5
    # Each layer runs one of the first two steps in the mode that is dear to it.
    assert found.cycles == found.oracle + UNIT * 1
    assert found.decisions["b"].mode is Mode.ACT


def test_a_hole_in_the_table_is_named() -> None:
    cycles = table(2, 3, 0)
    del cycles[Mode.TEMPORAL, "layer1", 2]
    with pytest.raises(ValueError, match="no cycles of layer 'layer1', step 2, mode temporal"):
        judge(cycles)


def test_one_step_is_too_few() -> None:
    with pytest.raises(ValueError, match="two steps"):
        judge(table(1, 1, 0))


def slots(layer_input: LayerInput, mode: Mode) -> float:
    """A source of cycles in which layers differ."""
    dear = len(layer_input.layer.name) % 2 and mode is Mode.TEMPORAL
    products = layer_input.products(mode)
    return sum(np.count_nonzero(p.differences(mode)) for p in products) * (9 if dear else 1)


def run_all_flows(name: str, seed: int, steps: int) -> None:
    """Every accumulator and the images, in every flow, equal those of original execution."""
    workload = load_workload(name)
    noise = workload.noise(1, seed)
    expected: list[np.ndarray] = []
    original = workload.sample(Mode.ACT, noise, steps, lambda s: expected.append(s.accumulators))
    cycles: dict[tuple[Mode, str, int], float] = {}

    def measure(layer_step: LayerStep) -> None:
        for mode in MODES:
            cycles[mode, layer_step.layer.name, layer_step.step] = slots(layer_step, mode)

    workload.sample(Mode.ACT, noise, steps, measure)
    flows = [Mode.TEMPORAL, Mode.SPATIAL, Defo(slots), Defo(slots, Mode.SPATIAL)]
    for flow in flows:
        remaining = iter(expected)
        modes: dict[str, list[Mode]] = {}

        def check(
            layer_step: LayerStep,
            remaining=remaining,
            modes=modes,
        ) -> None:
            modes.setdefault(layer_step.layer.name, []).append(layer_step.mode)
            np.testing.assert_array_equal(layer_step.accumulators, next(remaining))

        images = workload.sample(flow, noise, steps, check)
        assert next(remaining, None) is None
        np.testing.assert_array_equal(images, original)
        if isinstance(flow, Defo):
            judgement = judge(cycles, flow.otherwise)
            assert modes == judgement.modes
            assert flow.log == judgement.decisions
            # Both outcomes occur, or the test would prove little.
            assert {d.mode for d in flow.log.values()} == {Mode.TEMPORAL, flow.otherwise}


@pytest.mark.parametrize("name", shipped_workloads())
def test_flows_agree(name: str) -> None:
    run_all_flows(name, seed=0, steps=4)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", shipped_workloads())
def test_flows_agree_over_a_whole_run(name: str, seed: int) -> None:
    run_all_flows(name, seed, steps=50)
