"""Bench of the tile: random runs, or the layers of a real model; values and every row's cycle."""

import time
from dataclasses import replace
from typing import Any

import cocotb
import numpy as np

from golden.difference.tile import TileModel
from golden.machine.beats import pad_to_beats, valid_elements
from golden.machine.config import MachineConfig
from rtl.tile.layouts import beat_layout, job_layout, stored_row_layout, weight_write_layout
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import tile_cycles
from tb.harness.clocked import Sink, Source, reset, run, see_streams, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import moments, reset_places
from tb.harness.stimulus import pack, pack_bytes, random_gaps, random_ready, unpack
from tb.harness.task import Findings, current_task, report
from tb.stimuli.tile_run import (
    RESULT_COMES,
    TileRun,
    load_runs,
    random_runs,
    see_run,
    strata,
)

RANDOM_RUNS = 16


def weight_writes(
    config: MachineConfig, weights: np.ndarray, rng: np.random.Generator
) -> list[int]:
    """Payloads that fill the weight banks, in any order."""
    layout = weight_write_layout(config)
    return [
        pack(layout, lane=k % config.lanes, address=k // config.lanes, data=pack_bytes(weights[k]))
        for k in rng.permutation(len(weights)).tolist()
    ]


def stored_writes(config: MachineConfig, stored: np.ndarray) -> list[int]:
    """Payloads that fill the first rows of the accumulator buffer."""
    layout, width = stored_row_layout(config), config.group_columns
    return [
        pack(
            layout,
            row=row,
            group=group,
            data=pack_bytes(values[group * width : (group + 1) * width]),
        )
        for row, values in enumerate(stored)
        for group in range(config.column_groups)
    ]


def beat_payloads(config: MachineConfig, tile_run: TileRun, rng: np.random.Generator) -> list[int]:
    """Payloads of all beats; what lies beyond a row's end is random."""
    layout = beat_layout(config)
    valid = valid_elements(tile_run.x.shape[1], config)
    x, reference = (pad_to_beats(rows, config) for rows in (tile_run.x, tile_run.reference))
    beyond = np.arange(config.beat_elements) >= valid[:, None]
    x[:, beyond] = rng.integers(-128, 128, (len(x), int(beyond.sum())), dtype=np.int8)
    payloads = []
    for row in range(len(x)):
        for index, count in enumerate(valid):
            payloads.append(
                pack(
                    layout,
                    x=pack_bytes(x[row, index]),
                    reference=pack_bytes(reference[row, index]),
                    count=count,
                    index=index,
                    last=index == len(valid) - 1,
                )
            )
    return payloads


async def run_tile(
    dut: Any,
    config: MachineConfig,
    model: TileModel,
    tile_run: TileRun,
    rng: np.random.Generator,
    stalls: bool,
    coverage: Coverage,
    cut: str = "",
) -> Findings:
    """Runs one stream of rows and compares results and their cycles.

    With ``cut``, a stratum of resets, only until it is cut by one, and compares values alone.
    """

    def source(name: str, items: list[int], stall: bool = stalls) -> Source:
        idle = items[-1] if items else 0
        return Source(dut, name, items, random_gaps(rng, len(items), stall), idle)

    loads = [source("weights", weight_writes(config, tile_run.weights, rng))]
    if tile_run.stored is not None:
        loads.append(source("stored", stored_writes(config, tile_run.stored)))
        model.stored[: len(tile_run.stored)] = tile_run.stored
    writes = max(load.least_cycles for load in loads)
    if cut and cut != RESULT_COMES:
        # Moments before 0 are in the loads.
        likely = writes + 3 * tile_run.x.size // config.beat_elements
        moment = moments(rng, likely)[cut] - writes
        await run(
            dut,
            loads,
            lambda: all(load.done for load in loads),
            writes,
            extra=1,
            moment=moment + writes if moment <= 0 else None,
        )
        if moment <= 0:
            return Findings()
    else:
        moment = None
        await run(dut, loads, lambda: all(load.done for load in loads), writes, extra=1)

    layout = job_layout(config)
    jobs = source(
        "jobs",
        [
            pack(layout, last_row=job.rows - 1, load=job.load, carry=job.carry, emit=job.emit)
            for job in tile_run.jobs
        ],
        stall=False,
    )
    beats = source("beats", beat_payloads(config, tile_run, rng))
    expected: list[tuple[int, ...]] = []
    emitted: list[int] = []
    first = 0
    for job in tile_run.jobs:
        rows = slice(first, first + job.rows)
        results = model.run(job, tile_run.x[rows], tile_run.reference[rows], tile_run.weights)
        if job.emit:
            expected += [tuple(row) for row in results.tolist()]
            emitted += range(rows.start, rows.stop)
        first = rows.stop

    row_count = len(tile_run.x)
    counts = lane_slots(tile_run.x, tile_run.reference, config)
    alone = tile_cycles(counts, config)
    unhindered = beats.least_cycles + alone.total
    if cut == RESULT_COMES:
        moment = int(alone.offered[emitted[-1]]) - 1
    sink = Sink(dut, "o", random_ready(rng, 4 * unhindered, stalls))
    # Also runs on after the last row: rows that are not sent out must have gone through.
    settle = len(tile_run.reference[0]) * 2 + 64 if len(emitted) < row_count else 8
    began = time.perf_counter()
    clock = await run(
        dut,
        [jobs, beats, sink],
        lambda: beats.done and len(sink.cycles) >= len(expected),
        4 * unhindered,
        extra=settle,
        moment=moment,
    )
    seconds = time.perf_counter() - began
    width = config.group_columns
    found = [
        tuple(value for group in payload for value in unpack(group, 32, width))[: config.columns]
        for payload in sink.payloads
    ]
    if moment is not None:
        return compare("row before a reset", found, expected[: len(found)], [], None)

    frozen = np.zeros(clock + 1, np.int64)
    frozen[np.array(sink.blocked, np.int64) + 1] = 1
    frozen = np.cumsum(frozen)
    arrivals = np.array(beats.offered, np.int64)
    timing = tile_cycles(counts, config, arrivals - frozen[arrivals])
    cycles = [cycle - int(frozen[cycle]) for cycle in sink.cycles]
    see_streams(coverage, beats, sink)
    return compare(
        "row",
        found,
        expected,
        cycles,
        timing.offered[emitted].tolist(),
        values_per_item=config.columns,
        clock_cycles=clock,
        seconds=seconds,
    )


def rest(dut: Any) -> None:
    """Offers nothing."""
    for name in ("weights", "stored", "jobs", "beats"):
        Source(dut, name, [])
    Sink(dut, "o")


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random runs, or those that the task names."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    runs = load_runs(task.rows) if task.rows else random_runs(task.config, rng, RANDOM_RUNS)
    rest(dut)
    await start(dut)
    model = TileModel(task.config)
    findings, coverage = Findings(), Coverage(strata(task.config, task.stalls))
    cuts = {} if task.rows else reset_places(rng, len(runs))
    if not task.rows:
        sending = [n for n, one in enumerate(runs) if n not in cuts and one.jobs[-1].emit]
        cuts |= dict.fromkeys(sending[:1], RESULT_COMES)
    for number, tile_run in enumerate(runs):
        arguments = (rng, task.stalls, coverage)
        if cut := cuts.get(number):
            before = model.stored.copy()
            findings += await run_tile(dut, task.config, model, tile_run, *arguments, cut=cut)
            await reset(dut)
            # Nobody looks at it while the next run loads its weights.
            left = int(dut.o__valid.value)
            findings += compare("result after a reset", [left], [0], [], None)
            rest(dut)
            coverage.see("reset", cut)
            # Memories keep what they had: all that the run may read is written anew.
            model.stored[:] = before
            stored = before[: max(job.rows for job in tile_run.jobs)].copy()
            if tile_run.stored is not None:
                stored = np.concatenate([tile_run.stored, stored[len(tile_run.stored) :]])
            tile_run = replace(tile_run, stored=stored)
        findings += await run_tile(dut, task.config, model, tile_run, *arguments)
        see_run(coverage, tile_run, task.config)
    report(findings, None if task.rows else coverage)
