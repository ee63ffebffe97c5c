"""Benches of the PE: random rows, and the multiplier on every difference and weight."""

from dataclasses import dataclass, field
from typing import Any

import cocotb
import numpy as np

from golden.formats.encoding import digits
from golden.machine.config import MachineConfig
from rtl.tile.layouts import operand_layout, operands_layout, pe_input_layout
from sim.blocks.streams import ReadyPattern
from sim.tile.pe import pe_cycles
from tb.harness.clocked import Sink, Source, run, start
from tb.harness.comparison import compare
from tb.harness.stimulus import pack, pack_fields, random_gaps, random_ready, unpack
from tb.harness.task import current_task, report

ROWS = 250


@dataclass
class Operands:
    """Operand sets in order, and the sums that they must give."""

    inputs: list[int] = field(default_factory=list)
    closes: list[bool] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)


def pack_operands(
    config: MachineConfig, lanes: list[tuple[int, int, int, int]], close: bool, close_row: int
) -> int:
    """One set of operands; ``lanes`` are (digit, high, row, weight)."""
    layout = operand_layout(config)
    packed = [pack(layout, digit=digit, high=high, row=row) for digit, high, row, _ in lanes]
    shared = operands_layout(config)
    operands = pack(
        shared, lanes=pack_fields(packed, layout.size), close=close, close_row=close_row
    )
    weights = pack_fields((weight for *_, weight in lanes), 8)
    return pack(pe_input_layout(config), operands=operands, weights=weights)


def random_rows(config: MachineConfig, rng: np.random.Generator) -> Operands:
    """Rows whose lanes run at their own pace, as far ahead as the configuration lets them."""
    result = Operands()
    queues: list[list[tuple[int, int, int, int]]] = [[] for _ in range(config.lanes)]
    for row in range(ROWS):
        total = 0
        for queue in queues:
            count = int(rng.integers(0, min(8, config.weight_depth) + 1))
            extreme = rng.random() < 0.1
            difference = (
                rng.choice([-255, 255], count) if extreme else rng.integers(-255, 256, count)
            )
            weights = rng.choice([-128, 127], count) if extreme else rng.integers(-128, 128, count)
            total += int((difference * weights).sum())
            for *pair, weight in zip(*digits(difference, config.encoding), weights, strict=True):
                queue.extend((int(d), h, row, int(weight)) for h, d in enumerate(pair) if d)
        result.sums.append(total)
    oldest = 0
    while oldest < ROWS:
        lanes = []
        for queue in queues:
            free = queue and queue[0][2] < oldest + config.rows_in_flight
            if free and rng.random() < 0.8:
                digit, high, row, w = queue.pop(0)
                lanes.append((digit, high, row % config.rows_in_flight, w))
            else:
                lanes.append((0, int(rng.integers(2)), 0, int(rng.integers(-128, 128))))
        finished = all(not queue or queue[0][2] > oldest for queue in queues)
        close = bool(finished and rng.random() < 0.8)
        result.inputs.append(pack_operands(config, lanes, close, oldest % config.rows_in_flight))
        result.closes.append(close)
        oldest += close
    return result


def every_product(config: MachineConfig) -> Operands:
    """A row for each of 511 differences times each of 256 weights."""
    result = Operands()
    difference = np.arange(-255, 256)
    idle = [(0, 0, 0, 0)] * (config.lanes - 2)
    for d, low, high in zip(difference, *digits(difference, config.encoding), strict=True):
        slots = [(int(low), 0), (int(high), 1)]
        for weight in range(-128, 128):
            lanes = [(digit, shift, 0, weight) for digit, shift in slots]
            # Turned on from row to row, so that every lane sees low and high digits.
            turn = len(result.sums) // 3 % config.lanes
            turned = [*lanes, *idle][turn:] + [*lanes, *idle][:turn]
            steps = [turned] if config.lanes > 1 else [[lane] for lane in lanes]
            for number, step in enumerate(steps):
                close = number == len(steps) - 1
                result.inputs.append(pack_operands(config, step, close, 0))
                result.closes.append(close)
            result.sums.append(int(d) * weight)
    return result


async def _run(dut: Any, operands: Operands, seed: int, stalls: bool) -> None:
    config = current_task().config
    rng = np.random.default_rng([seed, 1])
    gaps = random_gaps(rng, len(operands.inputs), stalls)
    ready = random_ready(rng, 6 * len(operands.inputs), stalls)
    source = Source(dut, "i", operands.inputs, gaps, idle=operands.inputs[-1])
    sink = Sink(dut, "o", ready)
    await start(dut)
    cycles = pe_cycles(operands.closes, gaps, ReadyPattern(ready))
    rows = len(operands.sums)
    clock = await run(dut, [source, sink], lambda: len(sink.cycles) >= rows, cycles[-1])
    sums = [unpack(payload[0], config.psum_bits, 1)[0] for payload in sink.payloads]
    report(compare("row", sums, operands.sums, sink.cycles, cycles, clock_cycles=clock))


@cocotb.test()
async def bench(dut: Any) -> None:
    """The bench that the task names."""
    task = current_task()
    if task.bench == "multiplier":
        await _run(dut, every_product(task.config), task.seed, stalls=False)
    else:
        rng = np.random.default_rng(task.seed)
        await _run(dut, random_rows(task.config, rng), task.seed, task.stalls)
