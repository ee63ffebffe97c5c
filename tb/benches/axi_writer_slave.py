"""Bench of the write engine on cocotbext-axi's slave, which refuses some words; values only."""

from typing import Any

import cocotb
import numpy as np

from rtl.bus.axi import SLAVE_ERROR
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
from tb.harness.stimulus import pack_bytes, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report

TRANSFERS = 40
FAULTS = 3
WORDS = 1 << 14


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random transfers, refused words left out and reported with the end of their command."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    end = memory_end(config, WORDS)
    transfers = random_transfers(config, rng, TRANSFERS, end)
    image = rng.integers(0, 256, (end, config.bus_bytes), dtype=np.uint8)
    near = NearMemory.of(dut, image, config)
    of_memory = [each for each in transfers if each.address >= config.scratchpad_bytes]
    memory = FaultyMemory(image, random_faults(of_memory, config, rng, FAULTS))
    faults = memory.faults
    places = [
        list(range(first, first + transfer.words))
        for transfer in transfers
        for first in (transfer.address // config.bus_bytes,)
    ]
    errors = [int(bool(faults & set(each))) for each in places]
    count = sum(transfer.words for transfer in transfers)
    payloads = commands(transfers)
    dut.clear_error.value = 0
    axes = {
        "transfer": length_strata(config),
        **place_strata(config),
        "reset": RESETS,
        **stream_strata(task.stalls),
    }
    findings, coverage = Findings(), Coverage(axes)
    see_transfers(coverage, transfers, config)
    attach_slave(dut, memory, "write", rng, task.stalls)
    gaps = random_gaps(rng, len(payloads), task.stalls)
    data_gaps = random_gaps(rng, count, task.stalls)
    ready = random_ready(rng, 8 * count, task.stalls)
    async for moment in sessions(dut, rng, count, coverage):
        findings += compare("error after reset", [int(dut.error.value)], [0], [], None)
        data = rng.integers(0, 256, (count, config.bus_bytes), dtype=np.uint8)
        items = [pack_bytes(word) for word in data]
        source = Source(dut, "i", payloads, gaps, idle=payloads[-1])
        data_source = Source(dut, "data", items, data_gaps, idle=items[-1])
        sink = Sink(dut, "done", ready)
        clock = await run(
            dut,
            [source, data_source, sink, *near],
            sink.has(len(transfers)),
            20 * count + 1000,
            moment=moment,
        )
        ends = [payload[0] for payload in sink.payloads]
        wanted = errors if moment is None else errors[: len(ends)]
        findings += compare("end", ends, wanted, [], None, clock_cycles=clock)
        see_streams(coverage, source, sink)
    for word, place in zip(data, (place for each in places for place in each), strict=True):
        if place not in faults:
            image[place] = word
    written = np.frombuffer(memory.mem, np.uint8).reshape(image.shape).copy()
    for one in near:
        written[: len(one.words)] = one.words
    # What no session was to write must be as it was; the last one wrote all the others.
    findings += compare(
        "word", [word.tobytes() for word in written], [word.tobytes() for word in image], [], None
    )
    refused = first_fault(transfers, config, faults)
    report(findings + await check_error(dut, SLAVE_ERROR, refused), coverage)
