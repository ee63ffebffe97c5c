"""Bench of the write engine on the memory of tb/bus/memory.v: the memory, every word, every end."""

from typing import Any

import cocotb
import numpy as np

from golden.machine.config import MachineConfig
from sim.blocks.streams import ReadyPattern
from sim.bus.axi_writer import writer_cycles
from tb.bus.bus_errors import Refusal, check_error
from tb.bus.memory import FILL, Memory
from tb.bus.memory_top import MEMORY_WORDS
from tb.bus.transfers import commands, random_transfers
from tb.harness.clocked import Sink, Source, run, start
from tb.harness.comparison import compare
from tb.harness.stimulus import pack_bytes, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report

TRANSFERS = 60


async def refused_write(
    dut: Any, config: MachineConfig, memory: Memory, beyond_end: bool
) -> Findings:
    """A write beyond the end of the memory, or one of a word that is refused: not written."""
    refusal = Refusal(config, beyond_end)
    refusal.prepare(memory)
    inside = [place for place in refusal.places if place < MEMORY_WORDS]
    address, count = refusal.transfer.address, len(inside) * config.bus_bytes
    before = (await memory.read(address, count)).reshape(-1, config.bus_bytes)
    after = [
        bytes(word if place in refusal.refused else ~word)
        for place, word in zip(inside, before, strict=True)
    ]
    data = [pack_bytes(~word) for word in before]
    data += [0] * (len(refusal.places) - len(inside))
    source = Source(dut, "i", commands([refusal.transfer]))
    data_source, sink = Source(dut, "data", data), Sink(dut, "done")
    await run(dut, [source, data_source, sink], lambda: len(sink.cycles) >= 1, 500)
    written = (await memory.read(address, count)).reshape(-1, config.bus_bytes)
    found = compare("refused word", [bytes(word) for word in written], after, [], [])
    found += compare("refused end", [p[0] for p in sink.payloads], [1], [], [])
    return found + await check_error(dut, refusal.response, refusal.burst_address)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random transfers; the whole memory is compared, no rule of AXI may be broken."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    transfers = random_transfers(config, rng, TRANSFERS, MEMORY_WORDS)
    image = np.full((MEMORY_WORDS, config.bus_bytes), FILL, np.uint8)
    items = []
    for transfer in transfers:
        data = rng.integers(0, 256, (transfer.words, config.bus_bytes), dtype=np.uint8)
        first = transfer.address // config.bus_bytes
        image[first : first + transfer.words] = data
        items += [pack_bytes(word) for word in data]
    gaps = random_gaps(rng, len(transfers), task.stalls)
    data_gaps = random_gaps(rng, len(items), task.stalls)
    ready = random_ready(rng, 8 * len(items), task.stalls)
    taken, done = writer_cycles(transfers, gaps, data_gaps, config, ReadyPattern(ready))

    dut.clear_error.value = 0
    memory = Memory(dut, config)
    payloads = commands(transfers)
    source = Source(dut, "i", payloads, gaps, idle=payloads[-1])
    data_source = Source(dut, "data", items, data_gaps, idle=items[-1])
    sink = Sink(dut, "done", ready)
    await start(dut)
    clock = await run(
        dut, [source, data_source, sink], lambda: len(sink.cycles) >= len(done), done[-1]
    )
    written = await memory.read(0, image.size)
    found = compare(
        "word",
        [word.tobytes() for word in written.reshape(image.shape)],
        [word.tobytes() for word in image],
        data_source.accepted,
        taken,
        clock_cycles=clock,
    )
    errors = [payload[0] for payload in sink.payloads]
    found += compare("end", errors, [0] * len(done), sink.cycles, done)
    found += compare("error", [int(dut.error.value)], [0], [], [])
    for beyond_end in (True, False):
        found += await refused_write(dut, config, memory, beyond_end)
    report(found + compare("violations", [memory.violations], [0], [], []))
