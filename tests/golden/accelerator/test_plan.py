import numpy as np
import pytest

from golden.accelerator.candidates import EXTRA_CHUNKS, candidates
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from tb.stimuli.random_programs import random_plan, random_shape

CONFIG = MachineConfig(
    lanes=2, columns=3, beat_elements=4, weight_depth=16, tiles_m=2, tiles_n=2, bus_bytes=8
)


def any_plan(seed: int) -> Plan:
    rng = np.random.default_rng(seed)
    while True:
        try:
            return random_plan(random_shape(rng, CONFIG), Mode.TEMPORAL, CONFIG, rng)
        except DittosimError:
            continue


@pytest.mark.parametrize("seed", range(20))
def test_every_part_is_computed_once(seed: int) -> None:
    plan = any_plan(seed)
    passes = [(one.row_block, one.group, one.chunk) for one in plan.passes()]
    every = np.indices((plan.row_blocks, plan.groups, plan.chunks)).reshape(3, -1).T
    assert sorted(passes) == [tuple(index) for index in every.tolist()]
    rows = [row for block in range(plan.tile_blocks) for row in np.r_[plan.tile_rows(block)]]
    assert rows == list(range(plan.shape.rows))
    assert sum(map(plan.block_rows, range(plan.row_blocks))) == plan.shape.rows
    assert sum(map(plan.beats, range(plan.chunks))) == plan.row_beats


@pytest.mark.parametrize("seed", range(20))
def test_operands_are_those_of_the_last_load(seed: int) -> None:
    rows = weights = None
    for one in any_plan(seed).passes():
        rows = one.row_block if one.new_inputs else rows
        weights = (one.group, one.chunk) if one.new_weights else weights
        assert (rows, weights) == (one.row_block, (one.group, one.chunk))


@pytest.mark.parametrize("seed", range(20))
def test_inputs_cover_all_windows(seed: int) -> None:
    plan = any_plan(seed)
    shape = plan.shape
    for row_block in range(plan.row_blocks):
        first, end = plan.input_range(row_block)
        size = plan.config.tiles_m * plan.lines
        lines = range(row_block * size, min((row_block + 1) * size, shape.out_height))
        needed = {
            y
            for line in lines
            for y in range(line * shape.stride - shape.padding, line * shape.stride + shape.kernel)
            if 0 <= y < shape.height and y < line * shape.stride - shape.padding + shape.kernel
        }
        assert first <= min(needed) * plan.line_entries
        assert end >= (max(needed) + 1) * plan.line_entries
        assert end <= shape.height * plan.line_entries


def test_largest_blocks_come_first() -> None:
    shape = LayerShape(height=4, width=1, channels=14, columns=20)
    plans = candidates(shape, Mode.ACT, CONFIG)  # four beats; half a weight bank holds as many
    assert [(plan.lines, plan.chunk_beats, plan.rows_outer) for plan in plans] == [
        *((4, 4, False), (4, 2, False), (4, 1, False)),
        *((2, 4, False), (2, 2, False), (2, 1, False)),
        *((1, 4, False), (1, 4, True), (1, 2, False), (1, 2, True), (1, 1, False), (1, 1, True)),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_every_candidate_is_another_valid_cut(seed: int) -> None:
    shape = random_shape(np.random.default_rng(seed), CONFIG)
    plans = list(candidates(shape, Mode.TEMPORAL, CONFIG))
    assert len({(plan.lines, *plan.passes()) for plan in plans}) == len(plans)
    for plan in plans:
        plan.check(Mode.TEMPORAL)
        assert plan.chunk_beats <= plan.units.half_beats
    chunks = {plan.chunks for plan in plans}
    assert plans[0].chunks == min(chunks)
    assert max(chunks) <= min(chunks) + EXTRA_CHUNKS


def test_too_many_pixels_per_line() -> None:
    shape = LayerShape(height=1, width=300, channels=4, columns=1)
    with pytest.raises(DittosimError, match="300 rows do not fit accumulator_depth = 256"):
        list(candidates(shape, Mode.ACT, CONFIG))


def test_too_long_lines() -> None:
    shape = LayerShape(height=9, width=200, channels=8, columns=1, kernel=3)
    with pytest.raises(DittosimError, match="3 lines are 1200 beats, more than input_beats = 1024"):
        list(candidates(shape, Mode.ACT, CONFIG))


def test_too_many_previous_accumulators() -> None:
    config = CONFIG.model_copy(update={"previous_words": 64})
    shape = LayerShape(height=4, width=20, channels=8, columns=6)
    assert list(candidates(shape, Mode.ACT, config))
    with pytest.raises(DittosimError, match="more than previous_words = 64"):
        list(candidates(shape, Mode.TEMPORAL, config))
