"""Figures from shapes against golden's plans and the simulator's cycles."""

import numpy as np
import pytest

from dittosim.designs.utilization.array_cycles import Idle, least_array_cycles
from dittosim.designs.utilization.cuts import array_cycles, cheapest, cut_for_the_array
from dittosim.designs.utilization.model_products import ArrayProduct
from golden.accelerator.candidates import candidates
from golden.accelerator.program import LayerRun
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from sim.scheduler.pass_bounds import PassSums
from sim.scheduler.pass_cycles import PassSlots, pass_cycles
from sim.scheduler.plan_bounds import least_cycles
from sim.scheduler.planning import layer_alone, planned


def machine(rng: np.random.Generator, *, ample: bool) -> MachineConfig:
    lanes = int(rng.choice([2, 4]))
    return MachineConfig(
        tile=TileKind.DENSE,
        lanes=lanes,
        columns=int(rng.choice([4, 8, 16])),
        tiles_m=int(rng.integers(1, 5)),
        tiles_n=int(rng.integers(1, 4)),
        beat_elements=lanes * int(rng.choice([1, 2, 4])),
        bus_bytes=int(rng.choice([8, 16])),
        weight_depth=4096 if ample else 64,
        accumulator_depth=4096 if ample else 40,
        input_beats=1 << 16 if ample else 128,
        previous_words=1 << 16 if ample else 512,
    )


def product(rng: np.random.Generator) -> ArrayProduct:
    convolution = rng.random() < 0.5
    shape = LayerShape(
        height=int(rng.integers(3, 15)),
        width=int(rng.integers(3, 9)) if convolution else 1,
        channels=int(rng.integers(16, 40)),
        columns=int(rng.integers(3, 70)),
        kernel=3 if convolution else 1,
        padding=1 if convolution else 0,
        stride=int(rng.choice([1, 2])) if convolution else 1,
    )
    mode = (Mode.ACT, Mode.TEMPORAL)[int(rng.integers(2))]
    return ArrayProduct("drawn", shape, mode, int(rng.integers(1, 4)))


def run(one: ArrayProduct, config: MachineConfig) -> LayerRun:
    """Of zeros: cycles of dense tiles do not depend on values."""
    shape = one.shape
    rows = np.broadcast_to(np.int8(0), (shape.rows, shape.k))
    weights = np.broadcast_to(np.int8(0), (shape.k, shape.columns))
    previous = np.broadcast_to(np.int32(0), (shape.rows, shape.columns))
    plan = next(candidates(shape, one.mode, config))
    if one.mode is Mode.ACT:
        return LayerRun(plan, one.mode, 0, rows, weights)
    return LayerRun(plan, one.mode, 0, rows, weights, rows, previous)


@pytest.mark.parametrize("ample", [True, False])
def test_array_cycles_are_those_of_the_simulator(ample: bool) -> None:
    rng = np.random.default_rng(1)
    met: set[object] = set()
    for _ in range(60):
        config, one = machine(rng, ample=ample), product(rng)
        try:
            every = list(candidates(one.shape, one.mode, config))
        except DittosimError:
            met.add("too small")
            with pytest.raises(DittosimError, match="use a machine with more"):
                cut_for_the_array(one, one.mode, config)
            continue
        base = run(one, config)
        cycles = []
        for plan in every:
            of_run = pass_cycles(LayerRun(plan, base.mode, 0, base.rows, base.weights))
            cycles.append(int(of_run.sum()) * plan.groups)
            assert array_cycles(plan) == cycles[-1]
        best = array_cycles(cut_for_the_array(one, one.mode, config))
        assert best == min(cycles)
        grid = np.array([[config.columns, config.tiles_m, config.tiles_n]])
        least = int(least_array_cycles([one], config, grid)[0])
        assert least <= one.count * best
        if ample:
            assert least == one.count * best
        met |= {one.mode, one.shape.kernel, "chunks" if every[0].chunks > 1 else "one chunk"}
        met.add("equal" if least == one.count * best else "buffers cost cycles")
    assert {Mode.ACT, Mode.TEMPORAL, 1, 3, "one chunk", "equal"} <= met
    assert ({"chunks", "too small", "buffers cost cycles"} <= met) is not ample


def test_the_cheapest_cut_by_another_route() -> None:
    """With sums over what the simulator counts, cut by cut; and no more than what it simulates."""
    rng = np.random.default_rng(2)
    tight = 0
    for _ in range(25):
        config, one = machine(rng, ample=True), product(rng)
        cut = cheapest(one, one.mode, config)
        base = run(one, config)
        slots, least = PassSlots.of(base), []
        for plan in candidates(one.shape, one.mode, config):
            found = least_cycles(PassSums.of(slots, plan), plan, one.mode, [plan.lines])
            least.append(int(found[0, int(plan.rows_outer)]))
        assert cut.least == min(least)
        simulated = layer_alone(planned(base)).cycles
        assert cut.least <= simulated
        tight += cut.least > 0.5 * simulated
    assert tight > 12


def test_slots_scale_what_lanes_take_but_no_beat_takes_less_than_a_cycle() -> None:
    rng = np.random.default_rng(3)
    config = MachineConfig(tile=TileKind.DENSE, lanes=4, beat_elements=16)
    plan = next(candidates(product(rng).shape, Mode.ACT, config))
    ends = array_cycles(plan, 0)
    assert array_cycles(plan, 2) > array_cycles(plan) > array_cycles(plan, 0.5) > ends
    assert array_cycles(plan, 0.25) == array_cycles(plan, 0.1) == ends


def test_idle_multipliers_counted_one_by_one() -> None:
    rng = np.random.default_rng(4)
    met = set()
    for _ in range(20):
        config, one = machine(rng, ample=True), product(rng)
        plan = cut_for_the_array(one, one.mode, config)
        idle = Idle.of(one, config, one.count * array_cycles(plan))
        shape, side = one.shape, config.columns * config.tiles_n
        # An element of every lane, column and tile, in every cycle in which a tile could have one.
        elements = np.zeros((plan.groups * side, config.tiles_m, plan.lines), bool)
        lines = np.arange(config.tiles_m * plan.lines).reshape(config.tiles_m, plan.lines)
        elements[: shape.columns] = lines < shape.out_height
        per_line = shape.out_width * shape.row_beats(config) * config.beat_elements
        if plan.row_blocks > 1:
            continue
        share = shape.k / (shape.row_beats(config) * config.beat_elements)
        assert idle.busy == pytest.approx(one.count * elements.sum() * per_line * share)
        ends = one.count * plan.groups * plan.chunks * 6 * config.multipliers
        assert idle.ends == ends
        assert idle.all == one.count * elements.size * per_line + ends
        assert min(vars(idle).values()) >= 0
        met |= {name for name, each in vars(idle).items() if each}
    assert met == {"busy", "k", "columns", "rows", "ends"}
