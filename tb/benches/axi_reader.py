"""Bench of the read engine on the memory of tb/bus/memory.v: every word and its cycle."""

from typing import Any

import cocotb
import numpy as np

from golden.machine.config import MachineConfig
from rtl.bus.axi import read_word_layout
from sim.blocks.streams import ReadyPattern
from sim.bus.axi_reader import reader_cycles
from tb.bus.bus_errors import ORDERS, Refusal, check_error
from tb.bus.memory import Memory, timings
from tb.bus.memory_top import memory_end
from tb.bus.transfers import commands, length_strata, place_strata, random_transfers, see_transfers
from tb.harness.clocked import Sink, Source, run, see_streams, stream_strata
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, sessions, until
from tb.harness.stimulus import pack, pack_bytes, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report

TRANSFERS = 60


async def refused_read(
    dut: Any, config: MachineConfig, memory: Memory, image: np.ndarray, refusal: Refusal
) -> Findings:
    """A read beyond the end of the memory, or one of a word that is refused: read as ones."""
    ones = (1 << config.bus_bits) - 1
    layout = read_word_layout(config)
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
    await run(dut, [source, sink], sink.has(len(words)), 500)
    return compare("refused word", [p[0] for p in sink.payloads], words, [], [])


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random transfers; no rule of AXI may be broken, and only refused words be reported."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    end = memory_end(config)
    transfers = random_transfers(config, rng, TRANSFERS, end)
    image = rng.integers(0, 256, (end, config.bus_bytes), dtype=np.uint8)
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
    axes = {
        "transfer": length_strata(config),
        **place_strata(config),
        "memory": timings(config),
        "error": ORDERS,
        "reset": RESETS,
    }
    coverage = Coverage({**axes, **stream_strata(task.stalls)})
    see_transfers(coverage, transfers, config)
    gaps = random_gaps(rng, len(transfers), task.stalls)
    ready = random_ready(rng, 4 * len(words), task.stalls)
    expected = {
        name: reader_cycles(transfers, gaps, machine, ReadyPattern(ready))
        for name, machine in timings(config).items()
    }

    dut.clear_error.value = 0
    memory = Memory(dut, config)
    items = commands(transfers)
    found = Findings()
    Source(dut, "i", [])
    waiting = [*timings(config)]
    async for moment in sessions(dut, rng, len(words), coverage):
        name = waiting.pop()
        memory.take_time(timings(config)[name])
        if len(waiting) == len(expected) - 1:
            await memory.write(0, image)
        source = Source(dut, "i", items, gaps, idle=items[-1])
        sink = Sink(dut, "o", ready)
        cycles = expected[name]
        clock = await run(dut, [source, sink], sink.has(len(words)), cycles[-1], moment=moment)
        found += compare(
            "word",
            [payload[0] for payload in sink.payloads],
            *(until(moment, words, cycles)[0], sink.cycles, until(moment, words, cycles)[1]),
            clock_cycles=clock,
        )
        found += compare("error", [int(dut.error.value)], [0], [], [])
        found += compare("violations", [memory.violations], [0], [], [])
        coverage.see("memory", name)
        see_streams(coverage, source, sink)
    for order, kinds in ORDERS.items():
        refusals = [Refusal(config, beyond_end) for beyond_end in kinds]
        for refusal in refusals:
            found += await refused_read(dut, config, memory, image, refusal)
        found += await check_error(dut, refusals[0].response, refusals[0].burst_address)
        coverage.see("error", order)
    report(found + compare("violations", [memory.violations], [0], [], []), coverage)
