import numpy as np
import pytest

from golden.accelerator.layout import (
    accumulator_bytes,
    pack_accumulators,
    pack_inputs,
    pack_weights,
    unpack_accumulators,
    unpack_inputs,
    unpack_weights,
)
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.machine.config import MachineConfig


def plan_of(columns: int, config: MachineConfig, chunk_beats: int = 2) -> Plan:
    shape = LayerShape(height=4, width=3, channels=5, columns=columns, kernel=2)
    return Plan(shape, config, 1, chunk_beats, False)


CONFIGS = [
    MachineConfig(lanes=2, columns=3, beat_elements=4, weight_depth=16, tiles_n=2, bus_bytes=8),
    MachineConfig(lanes=2, columns=17, beat_elements=4, weight_depth=16, tiles_n=2, bus_bytes=4),
    MachineConfig(lanes=2, columns=5, beat_elements=4, weight_depth=16, bus_bytes=128),
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("columns", [1, 6, 7, 40])
def test_accumulators_there_and_back(config: MachineConfig, columns: int) -> None:
    plan = plan_of(columns, config)
    values = np.random.default_rng(0).integers(
        -(2**31), 2**31, (plan.shape.rows, columns), dtype=np.int32
    )
    packed = pack_accumulators(values, plan)
    assert len(packed) == accumulator_bytes(plan)
    assert len(packed) == sum(
        plan.block_words(block, group) * config.bus_bytes
        for block in range(plan.row_blocks)
        for group in range(plan.groups)
    )
    assert (unpack_accumulators(packed, plan) == values).all()


@pytest.mark.parametrize("config", CONFIGS)
def test_weights_lie_where_the_loader_asks(config: MachineConfig) -> None:
    plan = plan_of(40, config)
    weights = np.random.default_rng(0).integers(-128, 128, (plan.shape.k, 40), dtype=np.int8)
    packed = pack_weights(weights, plan).view(np.int8)
    row_bytes = plan.units.weight_row_words * config.bus_bytes
    beat = config.beat_elements
    place = 0
    for group in range(plan.groups):
        for chunk in range(plan.chunks):
            part = packed[place : place + plan.weight_words(group, chunk) * config.bus_bytes]
            place += len(part)
            rows = part.reshape(plan.tiles(group), plan.beats(chunk) * beat, row_bytes)
            for tile, k, column in np.ndindex(len(rows), rows.shape[1], config.columns):
                tap, channel = divmod(chunk * plan.chunk_beats * beat + k, 2 * beat)
                output = (group * config.tiles_n + tile) * config.columns + column
                there = channel < 5 and output < 40
                expected = weights[tap * 5 + channel, output] if there else 0
                assert rows[tile, k, column] == expected
    assert place == len(packed)


def test_inputs_are_padded_to_beats_and_lines_to_words() -> None:
    config = CONFIGS[0].model_copy(update={"bus_bytes": 16})
    plan = plan_of(1, config)
    image = np.arange(1, 61, dtype=np.int8).reshape(4, 3, 5)
    lines = pack_inputs(image, plan).view(np.int8).reshape(4, -1, 4)
    assert lines.shape == (4, 8, 4)  # three pixels of two beats, padded to bus words of four
    assert lines[1, :4].tolist() == [
        [16, 17, 18, 19],
        [20, 0, 0, 0],
        [21, 22, 23, 24],
        [25, 0, 0, 0],
    ]
    assert not lines[:, 6:].any()


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("columns", [1, 7, 40])
def test_operands_there_and_back(config: MachineConfig, columns: int) -> None:
    plan, rng = plan_of(columns, config), np.random.default_rng(1)
    shape = plan.shape
    image = rng.integers(-128, 128, (shape.height, shape.width, shape.channels), np.int8)
    weights = rng.integers(-128, 128, (shape.k, columns), np.int8)
    assert (unpack_inputs(pack_inputs(image, plan), plan) == image).all()
    assert (unpack_weights(pack_weights(weights, plan), plan) == weights).all()
