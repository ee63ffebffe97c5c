"""Bounds that leave out plans are bounds, and what they leave is what all plans have."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.accelerator.candidates import ORDERS, candidates, line_counts
from golden.machine.tile_kind import TileKind
from sim.scheduler.pass_bounds import PassSums
from sim.scheduler.pass_cycles import PassSlots, pass_cycles
from sim.scheduler.plan_bounds import least_cycles
from sim.scheduler.planning import layer_alone, planned
from tb.stimuli.random_programs import random_run
from tests.helpers.random_configs import random_accelerator

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(machine=SEEDS, layer=SEEDS, tile=st.sampled_from(TileKind))
def test_no_plan_takes_less_than_its_bounds(machine: int, layer: int, tile: TileKind) -> None:
    config = random_accelerator(np.random.default_rng(machine), tile)
    run = random_run(config, np.random.default_rng(layer))
    slots = PassSlots.of(run)
    lines = line_counts(run.plan.shape.out_height)
    costs = []
    for plan in candidates(run.plan.shape, run.mode, config):
        one = replace(run, plan=plan)
        sums = PassSums.of(slots, plan)
        assert (sums.cycles(plan) <= pass_cycles(one)).all()
        cycles = layer_alone(one).cycles
        assert layer_alone(one, lambda each, sums=sums: sums.cycles(each.plan)).cycles <= cycles
        least = least_cycles(sums, plan, run.mode, lines)
        assert least[lines.index(plan.lines), ORDERS.index(plan.rows_outer)] <= cycles
        costs.append((cycles, plan))
    cheapest = min(cycles for cycles, _ in costs)
    first = next(plan for cycles, plan in costs if cycles == cheapest)
    assert planned(run).plan == first
