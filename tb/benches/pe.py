"""Benches of the PE: random rows, and the multiplier on every difference and weight."""

from dataclasses import dataclass, field
from typing import Any

import cocotb
import numpy as np

from golden.formats.encoding import digits
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from rtl.tile.layouts import operand_layout, operands_layout, pe_input_layout
from sim.blocks.streams import ReadyPattern
from sim.tile.pe import pe_cycles
from tb.harness.clocked import Sink, Source, run, see_streams, stream_strata
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, sessions, until
from tb.harness.stimulus import pack, pack_fields, random_gaps, random_ready, unpack
from tb.harness.task import Findings, current_task, report

ROWS = 250

ROW_STRATA: dict[str, tuple[str, ...]] = {"row": ("of one set", "of several")}
STRATA: dict[str, tuple[str, ...]] = {
    "sum": ("negative", "zero", "positive"),
    "reset": RESETS,
}


@dataclass
class Operands:
    """Operand sets in order, and the sums that they must give."""

    inputs: list[int] = field(default_factory=list)
    closes: list[bool] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)


def operands_of(difference: int, config: MachineConfig) -> list[tuple[int, int]]:
    """What a lane may bring of a difference, zeros included: (digit, high)."""
    if config.tile is TileKind.DENSE:
        return [(difference, 0)]
    pair = digits(np.asarray(difference), config.encoding)
    return [(int(digit), high) for high, digit in enumerate(pair)]


def pack_operands(
    config: MachineConfig, lanes: list[tuple[int, int, int, int]], close: bool, close_row: int
) -> int:
    """One set of operands; ``lanes`` are (digit, high, row, weight)."""
    layout = operand_layout(config)
    dense = config.tile is TileKind.DENSE
    packed = [
        pack(layout, digit=digit, row=row, **({} if dense else {"high": high}))
        for digit, high, row, _ in lanes
    ]
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
        # Dealt, since many lanes hardly ever run out of elements together.
        most = (0, 1, 8, 8, 8)[row % 5]
        for queue in queues:
            count = int(rng.integers(0, min(most, config.weight_depth) + 1))
            extreme = rng.random() < 0.1
            difference = (
                rng.choice([-255, 255], count) if extreme else rng.integers(-255, 256, count)
            )
            weights = rng.choice([-128, 127], count) if extreme else rng.integers(-128, 128, count)
            total += int((difference * weights).sum())
            for one, weight in zip(difference.tolist(), weights.tolist(), strict=True):
                queue.extend((d, h, row, weight) for d, h in operands_of(one, config) if d)
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
    for difference in range(-255, 256):
        slots = operands_of(difference, config)
        idle = [(0, 0, 0, 0)] * (config.lanes - len(slots))
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
            result.sums.append(difference * weight)
    return result


async def _run(
    dut: Any, operands: Operands, seed: int, stalls: bool, axes: dict[str, tuple[str, ...]]
) -> None:
    config = current_task().config
    rng = np.random.default_rng([seed, 1])
    gaps = random_gaps(rng, len(operands.inputs), stalls)
    ready = random_ready(rng, 6 * len(operands.inputs), stalls)
    cycles = pe_cycles(operands.closes, gaps, ReadyPattern(ready))
    rows = len(operands.sums)
    findings, coverage = Findings(), Coverage({**axes, **stream_strata(stalls)})
    async for moment in sessions(dut, rng, cycles[-1], coverage):
        source = Source(dut, "i", operands.inputs, gaps, idle=operands.inputs[-1])
        sink = Sink(dut, "o", ready)
        clock = await run(dut, [source, sink], sink.has(rows), cycles[-1], moment=moment)
        sums = [unpack(payload[0], config.psum_bits, 1)[0] for payload in sink.payloads]
        expected = until(moment, operands.sums, cycles)
        findings += compare("row", sums, expected[0], sink.cycles, expected[1], clock_cycles=clock)
        see_streams(coverage, source, sink)
    _see(coverage, operands)
    report(findings, coverage)


def _see(coverage: Coverage, operands: Operands) -> None:
    """Counts rows by their operand sets, and the ends of their range."""
    sets = 0
    for close in operands.closes if "row" in coverage.counts else ():
        sets += 1
        if close:
            coverage.see("row", "of one set" if sets == 1 else "of several")
            sets = 0
    for total in operands.sums:
        coverage.see("sum", "zero" if not total else "negative" if total < 0 else "positive")


@cocotb.test()
async def bench(dut: Any) -> None:
    """The bench that the task names."""
    task = current_task()
    if task.bench == "multiplier":
        await _run(dut, every_product(task.config), task.seed, False, STRATA)
    else:
        rng = np.random.default_rng(task.seed)
        await _run(dut, random_rows(task.config, rng), task.seed, task.stalls, ROW_STRATA | STRATA)
