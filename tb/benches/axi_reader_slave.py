"""Bench of the read engine on cocotbext-axi's slave, which refuses some words; values only."""

from typing import Any

import cocotb
import numpy as np

from rtl.bus.axi import SLAVE_ERROR, read_word_layout
from tb.bus.bus_errors import check_error
from tb.bus.bus_slave import FaultyMemory, attach_slave, first_fault, random_faults
from tb.bus.memory_top import memory_end
from tb.bus.near_memory import NearMemory
from tb.bus.transfers import (
    commands,
    length_strata,
    place_strata,
    random_transfers,
    see_transfers,
)
from tb.harness.clocked import Sink, Source, run, see_streams, stream_strata
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, sessions
from tb.harness.stimulus import pack, pack_bytes, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report

TRANSFERS = 40
FAULTS = 3
WORDS = 1 << 14


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random transfers, refused words delivered as the slave gives them (zero) and reported."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    end = memory_end(config, WORDS)
    transfers = random_transfers(config, rng, TRANSFERS, end)
    image = rng.integers(0, 256, (end, config.bus_bytes), dtype=np.uint8)
    near = NearMemory.of(dut, image, config)
    of_memory = [each for each in transfers if each.address >= config.scratchpad_bytes]
    faults = random_faults(of_memory, config, rng, FAULTS)
    layout = read_word_layout(config)
    words = []
    for transfer in transfers:
        for n in range(transfer.words):
            place = transfer.address // config.bus_bytes + n
            data = 0 if place in faults else pack_bytes(image[place])
            words.append(pack(layout, data=data, last=n == transfer.words - 1))
    items = commands(transfers)
    dut.clear_error.value = 0
    axes = {
        "transfer": length_strata(config),
        **place_strata(config),
        "reset": RESETS,
        **stream_strata(task.stalls),
    }
    findings, coverage = Findings(), Coverage(axes)
    see_transfers(coverage, transfers, config)
    attach_slave(dut, FaultyMemory(image, faults), "read", rng, task.stalls)
    gaps = random_gaps(rng, len(items), task.stalls)
    ready = random_ready(rng, 4 * len(words), task.stalls)
    async for moment in sessions(dut, rng, len(words), coverage):
        findings += compare("error after reset", [int(dut.error.value)], [0], [], None)
        source = Source(dut, "i", items, gaps, idle=items[-1])
        sink = Sink(dut, "o", ready)
        clock = await run(
            dut,
            [source, sink, *near],
            sink.has(len(words)),
            20 * len(words) + 1000,
            moment=moment,
        )
        found = [payload[0] for payload in sink.payloads]
        count = len(words) if moment is None else len(found)
        findings += compare("word", found, words[:count], [], None, clock_cycles=clock)
        see_streams(coverage, source, sink)
    refused = first_fault(transfers, config, faults)
    report(findings + await check_error(dut, SLAVE_ERROR, refused), coverage)
