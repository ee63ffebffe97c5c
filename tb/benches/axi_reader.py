"""Bench of the read engine on the memory of tb/bus/memory.v: every word and its cycle."""

from typing import Any

import cocotb
import numpy as np

from golden.machine.config import MachineConfig
from rtl.bus.axi import read_word_layout
from sim.blocks.streams import ReadyPattern
from sim.bus.axi_reader import reader_cycles
from tb.bus.bus_errors import Refusal, check_error
from tb.bus.memory import Memory
from tb.bus.memory_top import MEMORY_WORDS
from tb.bus.transfers import commands, random_transfers
from tb.harness.clocked import Sink, Source, run, start
from tb.harness.comparison import compare
from tb.harness.stimulus import pack, pack_bytes, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report

TRANSFERS = 60


async def refused_read(
    dut: Any, config: MachineConfig, memory: Memory, image: np.ndarray, beyond_end: bool
) -> Findings:
    """A read beyond the end of the memory, or one of a word that is refused: read as ones."""
    ones = (1 << config.bus_bits) - 1
    layout = read_word_layout(config)
    refusal = Refusal(config, beyond_end)
    refusal.prepare(memory)
    words = [
        pack(
            layout,
            data=ones if place in refusal.refused else pack_bytes(image[place]),
            last=place == refusal.places[-1],
        )
        for place in refusal.places
    ]
    source, sink = Source(dut, "i", commands([refusal.transfer])), Sink(dut, "o")
    await run(dut, [source, sink], lambda: len(sink.cycles) >= len(words), 500)
    found = compare("refused word", [p[0] for p in sink.payloads], words, [], [])
    return found + await check_error(dut, refusal.response, refusal.burst_address)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random transfers; no rule of AXI may be broken, and only refused words be reported."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    transfers = random_transfers(config, rng, TRANSFERS, MEMORY_WORDS)
    image = rng.integers(0, 256, (MEMORY_WORDS, config.bus_bytes), dtype=np.uint8)
    layout = read_word_layout(config)
    words = [
        pack(
            layout,
            data=pack_bytes(image[transfer.address // config.bus_bytes + n]),
            last=n == transfer.words - 1,
        )
        for transfer in transfers
        for n in range(transfer.words)
    ]
    gaps = random_gaps(rng, len(transfers), task.stalls)
    ready = random_ready(rng, 4 * len(words), task.stalls)
    cycles = reader_cycles(transfers, gaps, config, ReadyPattern(ready))

    dut.clear_error.value = 0
    memory = Memory(dut, config)
    items = commands(transfers)
    source = Source(dut, "i", items, gaps, idle=items[-1])
    sink = Sink(dut, "o", ready)
    await start(dut)
    await memory.write(0, image)
    clock = await run(dut, [source, sink], lambda: len(sink.cycles) >= len(words), cycles[-1])
    found = compare(
        "word",
        [payload[0] for payload in sink.payloads],
        words,
        sink.cycles,
        cycles,
        clock_cycles=clock,
    )
    found += compare("error", [int(dut.error.value)], [0], [], [])
    for beyond_end in (True, False):
        found += await refused_read(dut, config, memory, image, beyond_end)
    report(found + compare("violations", [memory.violations], [0], [], []))
