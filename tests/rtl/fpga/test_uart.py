from itertools import pairwise

import numpy as np
import pytest
from amaranth.sim import Simulator

from rtl.fpga.uart import LEAST_BIT_CYCLES, UartReceiver, UartTransmitter

BITS = 10
"""Of a byte on the line"""
LENGTHS = [LEAST_BIT_CYCLES, 5, 8, 25]


def levels_of(data: bytes) -> list[int]:
    """The line, bit by bit."""
    return [level for byte in data for level in (0, *(byte >> n & 1 for n in range(8)), 1)]


def received(bit_cycles: int, line: list[int]) -> tuple[bytes, int]:
    """Bytes that arrive, and how many were broken, of a line given cycle by cycle."""
    receiver = UartReceiver(bit_cycles)
    arrived, broken = bytearray(), 0

    async def bench(ctx) -> None:
        nonlocal broken
        ctx.set(receiver.rx, 1)
        for level in [1, 1, *line, *[1] * 2 * bit_cycles]:
            ctx.set(receiver.rx, level)
            *_, comes, byte, breaks = await ctx.tick().sample(
                receiver.arrived, receiver.data, receiver.broken
            )
            if comes:
                arrived.append(byte)
            broken += breaks

    simulate(receiver, bench)
    return bytes(arrived), broken


def simulate(module, bench) -> None:
    simulator = Simulator(module)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("bit_cycles", LENGTHS)
def test_every_byte_arrives(bit_cycles: int) -> None:
    data = bytes(np.random.default_rng(bit_cycles).permutation(256).astype(np.uint8))
    line = [level for level in levels_of(data) for _ in range(bit_cycles)]
    assert received(bit_cycles, line) == (data, 0)


@pytest.mark.parametrize("off", [-0.03, 0.03])
def test_a_host_whose_clock_is_off(off: float) -> None:
    data = bytes(range(0, 256, 5))
    levels = levels_of(data)
    length = 25 * (1 + off)
    line = [levels[int(cycle / length)] for cycle in range(int(len(levels) * length))]
    assert received(25, line) == (data, 0)


@pytest.mark.parametrize("bit_cycles", LENGTHS)
def test_a_line_held_low_is_one_broken_byte(bit_cycles: int) -> None:
    low = [0] * (bit_cycles * 3 * BITS)
    after = [level for level in [1, *levels_of(b"R")] for _ in range(bit_cycles)]
    assert received(bit_cycles, low + after) == (b"R", 1)


def test_a_glitch_is_no_start_bit() -> None:
    byte = [level for level in levels_of(b"\x5a") for _ in range(25)]
    assert received(25, [0] * 11 + [1] * 30 + byte) == (b"\x5a", 0)


@pytest.mark.parametrize("bit_cycles", LENGTHS)
@pytest.mark.parametrize("wait", [0, 7])
def test_bytes_on_the_line(bit_cycles: int, wait: int) -> None:
    data = bytes(np.random.default_rng(0).integers(0, 256, 20, dtype=np.uint8))
    transmitter = UartTransmitter(bit_cycles)
    line: list[int] = []

    async def bench(ctx) -> None:
        for byte in data:
            ctx.set(transmitter.i.payload, byte)
            ctx.set(transmitter.i.valid, 1)
            taken = False
            while not taken:
                *_, taken, level = await ctx.tick().sample(transmitter.i.ready, transmitter.tx)
                line.append(level)
            ctx.set(transmitter.i.valid, 0)
            for _ in range(wait):
                *_, level = await ctx.tick().sample(transmitter.tx)
                line.append(level)
        for _ in range(2 * BITS * bit_cycles):
            *_, level = await ctx.tick().sample(transmitter.tx)
            line.append(level)

    simulate(transmitter, bench)
    found, place, starts = bytearray(), 0, []
    while 0 in line[place:]:
        start = line.index(0, place)
        starts.append(start)
        bits = [line[start + bit_cycles * n : start + bit_cycles * (n + 1)] for n in range(BITS)]
        # Each bit as long as it should be, from its first cycle to its last.
        assert all(len(set(bit)) == 1 for bit in bits)
        assert (bits[0][0], bits[-1][0]) == (0, 1)
        found.append(sum(bit[0] << n for n, bit in enumerate(bits[1:-1])))
        place = start + BITS * bit_cycles
    assert bytes(found) == data
    if not wait:
        gaps = {b - a for a, b in pairwise(starts)}
        assert gaps == {BITS * bit_cycles + 1}
