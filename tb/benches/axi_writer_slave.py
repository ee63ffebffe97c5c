"""Bench of the write engine on cocotbext-axi's slave, which refuses some words; values only."""

from typing import Any

import cocotb
import numpy as np

from rtl.bus.axi import SLAVE_ERROR
from tb.bus.bus_errors import check_error
from tb.bus.bus_slave import FaultyMemory, attach_slave, first_fault, random_faults
from tb.bus.transfers import commands, random_transfers
from tb.harness.clocked import Sink, Source, run, start
from tb.harness.comparison import compare
from tb.harness.stimulus import pack_bytes, random_gaps, random_ready
from tb.harness.task import current_task, report

TRANSFERS = 40
FAULTS = 3
WORDS = 1 << 14


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random transfers, refused words left out and reported with the end of their command."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    transfers = random_transfers(config, rng, TRANSFERS, WORDS)
    image = rng.integers(0, 256, (WORDS, config.bus_bytes), dtype=np.uint8)
    memory = FaultyMemory(image, random_faults(transfers, config, rng, FAULTS))
    faults = memory.faults
    items, errors = [], []
    for transfer in transfers:
        first = transfer.address // config.bus_bytes
        places = range(first, first + transfer.words)
        for place in places:
            data = rng.integers(0, 256, config.bus_bytes, dtype=np.uint8)
            items.append(pack_bytes(data))
            if place not in faults:
                image[place] = data
        errors.append(int(bool(faults & set(places))))
    payloads = commands(transfers)
    dut.clear_error.value = 0
    gaps = random_gaps(rng, len(payloads), task.stalls)
    source = Source(dut, "i", payloads, gaps, idle=payloads[-1])
    data_gaps = random_gaps(rng, len(items), task.stalls)
    data_source = Source(dut, "data", items, data_gaps, idle=items[-1])
    sink = Sink(dut, "done", random_ready(rng, 8 * len(items), task.stalls))
    await start(dut)
    attach_slave(dut, memory, "write", rng, task.stalls)
    clock = await run(
        dut,
        [source, data_source, sink],
        lambda: len(sink.cycles) >= len(transfers),
        20 * len(items) + 1000,
    )
    written = np.frombuffer(memory.mem, np.uint8).reshape(image.shape)
    findings = compare(
        "word",
        [word.tobytes() for word in written],
        [word.tobytes() for word in image],
        [],
        None,
        clock_cycles=clock,
    )
    findings += compare("end", [payload[0] for payload in sink.payloads], errors, [], None)
    refused = first_fault(transfers, config, faults)
    report(findings + await check_error(dut, SLAVE_ERROR, refused))
