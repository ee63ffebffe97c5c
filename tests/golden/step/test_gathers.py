from collections.abc import Iterable

import numpy as np
import pytest

from golden.accelerator.candidates import candidates
from golden.accelerator.layout import (
    accumulator_bytes,
    pack_accumulators,
    unpack_accumulators,
    unpack_weights,
    weight_bytes,
)
from golden.accelerator.lowering import rows_shape
from golden.accelerator.plan import Plan
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from golden.step.drafts import Buffer, Lifetime, Place, with_addresses
from golden.step.gathers import (
    Heads,
    pack_straight,
    pack_transposed,
    transpose_heads,
    transpose_sums,
)
from golden.step.machine_fit import pixel_unit
from golden.step.vectors import Layer
from golden.vector.descriptor import VectorDescriptor
from golden.vector.layer import run_vector_layer

TARGET = 1 << 17
CONFIGS = [
    load_config("tiny"),
    load_config("small"),
    MachineConfig(columns=16, tiles_n=4, weight_depth=128, bus_bytes=64, vector_words=64),
    MachineConfig(columns=32, tiles_n=2, weight_depth=16, bus_bytes=8, vector_words=32),
]
SIZES = [(2, 5, 1), (1, 64, 40), (3, 21, 64)]
"""Heads, pixels, channels of a head."""


def place(address: int) -> Place:
    return Place(Buffer("memory", 1 << 18, Lifetime.KEPT), address)


def ran(layers: Iterable[Layer], memory: np.ndarray, config: MachineConfig) -> None:
    for descriptor, places in layers:
        addresses = {key: one.offset for key, one in places.items()}
        layer = with_addresses(descriptor, addresses)
        assert isinstance(layer, VectorDescriptor)
        run_vector_layer(memory, layer, config)


def plans(rows: int, k: int, columns: int, config: MachineConfig) -> list[Plan]:
    found = candidates(rows_shape(rows, k, columns, config), Mode.ACT, config)
    by_chunk = {plan.chunk_beats: plan for plan in found}
    whole = config.bus_bytes
    return [
        plan
        for plan in by_chunk.values()
        if plan.chunks == 1 or plan.chunk_beats * config.beat_elements % whole == 0
    ]


def padded(size: int, config: MachineConfig) -> int:
    return -(-size // pixel_unit(config)) * pixel_unit(config)


@pytest.mark.parametrize("config", CONFIGS, ids=range(4))
@pytest.mark.parametrize(("heads", "pixels", "channels"), SIZES)
@pytest.mark.parametrize("apart", [False, True])
def test_operands_become_weights(
    heads: int, pixels: int, channels: int, apart: bool, config: MachineConfig
) -> None:
    rng = np.random.default_rng(0)
    size, columns = padded(channels, config), padded(pixels, config)
    values = rng.integers(-128, 128, (heads, pixels, size), np.int8)
    laid = values if apart else values.swapaxes(0, 1)
    memory = rng.integers(0, 256, 1 << 18, np.uint8)
    memory[: values.size] = laid.reshape(-1).view(np.uint8)
    source = Heads(place(0), pixels, heads, size, apart=apart)
    for straight, k, n in ((False, size, columns), (True, columns, size)):
        for plan in plans(3, k, n, config):
            pack = pack_straight if straight else pack_transposed
            ran(pack(source, plan, place(TARGET)), memory, config)
            for head in range(heads):
                first = TARGET + head * weight_bytes(plan)
                found = unpack_weights(memory[first : first + weight_bytes(plan)], plan)
                wanted = values[head] if straight else values[head].T
                found = found[:pixels] if straight else found
                assert (found[:, : wanted.shape[1]] == wanted).all()
                assert not found[:, wanted.shape[1] :].any()

    ran(transpose_heads(source, columns, place(TARGET), config), memory, config)
    turned = memory[TARGET : TARGET + heads * size * columns].view(np.int8)
    turned = turned.reshape(heads, size, columns)
    assert (turned[..., :pixels] == values.swapaxes(1, 2)).all()
    assert not turned[..., pixels:].any()


@pytest.mark.parametrize("config", CONFIGS, ids=range(4))
@pytest.mark.parametrize(("rows", "others"), [(5, 1), (64, 64), (33, 70)])
def test_sums_are_transposed(rows: int, others: int, config: MachineConfig) -> None:
    rng = np.random.default_rng(0)
    plan = plans(rows, 64, padded(others, config), config)[0]
    other = plans(others, 64, padded(rows, config), config)[0]
    sums = rng.integers(-(2**31), 2**31, (rows, plan.shape.columns), dtype=np.int32)
    memory = rng.integers(0, 256, 1 << 18, np.uint8)
    memory[: accumulator_bytes(plan)] = pack_accumulators(sums, plan)
    ran(transpose_sums(plan, other, place(0), place(TARGET)), memory, config)
    packed = memory[TARGET : TARGET + accumulator_bytes(other)]
    found = unpack_accumulators(packed, other)
    assert (found[:, :rows] == sums.T[:others]).all()
    assert not found[:, rows:].any()
