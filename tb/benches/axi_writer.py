"""Bench of the write engine on the memory of tb/bus/memory.v: the memory, every word, every end."""

from typing import Any

import cocotb
import numpy as np

from golden.machine.bursts import Transfer
from golden.machine.config import MachineConfig
from sim.blocks.streams import ReadyPattern
from sim.bus.axi_writer import writer_cycles
from tb.bus.bus_errors import ORDERS, Refusal, check_error
from tb.bus.memory import FILL, Memory, timings
from tb.bus.memory_top import memory_end
from tb.bus.transfers import commands, length_strata, place_strata, random_transfers, see_transfers
from tb.harness.clocked import Sink, Source, run, see_streams, stream_strata
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, cut, sessions, until
from tb.harness.stimulus import pack_bytes, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report

TRANSFERS = 60


async def refused_write(
    dut: Any, config: MachineConfig, memory: Memory, refusal: Refusal
) -> Findings:
    """A write beyond the end of the memory, or one of a word that is refused: not written."""
    refusal.prepare(memory)
    inside = [place for place in refusal.places if place < memory_end(config)]
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
    await run(dut, [source, data_source, sink], sink.has(1), 500)
    written = (await memory.read(address, count)).reshape(-1, config.bus_bytes)
    found = compare("refused word", [bytes(word) for word in written], after, [], [])
    return found + compare("refused end", [p[0] for p in sink.payloads], [1], [], [])


@cocotb.test()
async def bench(dut: Any) -> None:
    """Random transfers; the whole memory is compared, no rule of AXI may be broken."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    end = memory_end(config)
    transfers = random_transfers(config, rng, TRANSFERS, end)
    axes = {
        "transfer": length_strata(config),
        **place_strata(config),
        "memory": timings(config),
        "error": ORDERS,
        "reset": RESETS,
    }
    coverage = Coverage({**axes, **stream_strata(task.stalls)})
    see_transfers(coverage, transfers, config)
    count = sum(transfer.words for transfer in transfers)
    gaps = random_gaps(rng, len(transfers), task.stalls)
    data_gaps = random_gaps(rng, count, task.stalls)
    ready = random_ready(rng, 8 * count, task.stalls)

    dut.clear_error.value = 0
    memory = Memory(dut, config)
    payloads = commands(transfers)
    image = np.full((end, config.bus_bytes), FILL, np.uint8)
    found = Findings()
    for name in ("i", "data"):
        Source(dut, name, [])
    waiting = [*timings(config)]
    async for moment in sessions(dut, rng, count, coverage):
        name = waiting.pop()
        machine = timings(config)[name]
        memory.take_time(machine)
        if config.scratchpad_bytes and len(waiting) == len(timings(config)) - 1:
            # Memory holds that at first, a scratchpad anything.
            await memory.write(0, image[: config.scratchpad_bytes // config.bus_bytes])
        taken, done = writer_cycles(transfers, gaps, data_gaps, machine, ReadyPattern(ready))
        data, items = _data(transfers, config, rng)
        source = Source(dut, "i", payloads, gaps, idle=payloads[-1])
        data_source = Source(dut, "data", items, data_gaps, idle=items[-1])
        sink = Sink(dut, "done", ready)
        clock = await run(
            dut,
            [source, data_source, sink],
            sink.has(len(done)),
            done[-1],
            moment=moment,
        )
        found += compare("violations", [memory.violations], [0], [], [])
        found += compare("error", [int(dut.error.value)], [0], [], [])
        if moment is not None:
            await cut(dut, [source, data_source, sink])
        arrived = until(moment, taken, taken)[0]
        for place, word in data[: len(arrived)]:
            image[place] = word
        written = (await memory.read(0, image.size)).reshape(image.shape)
        found += compare(
            "word",
            [word.tobytes() for word in written],
            [word.tobytes() for word in image],
            data_source.accepted,
            arrived,
            clock_cycles=clock,
        )
        errors = [payload[0] for payload in sink.payloads]
        ends = until(moment, done, done)[0]
        found += compare("end", errors, [0] * len(ends), sink.cycles, ends)
        coverage.see("memory", name)
        see_streams(coverage, source, sink)
    for order, kinds in ORDERS.items():
        refusals = [Refusal(config, beyond_end) for beyond_end in kinds]
        for refusal in refusals:
            found += await refused_write(dut, config, memory, refusal)
        found += await check_error(dut, refusals[0].response, refusals[0].burst_address)
        coverage.see("error", order)
    report(found + compare("violations", [memory.violations], [0], [], []), coverage)


def _data(
    transfers: list[Transfer], config: MachineConfig, rng: np.random.Generator
) -> tuple[list[tuple[int, np.ndarray]], list[int]]:
    """Words and their places in the order of transfers, and as payloads."""
    places = [
        transfer.address // config.bus_bytes + n
        for transfer in transfers
        for n in range(transfer.words)
    ]
    words = rng.integers(0, 256, (len(places), config.bus_bytes), dtype=np.uint8)
    return list(zip(places, words, strict=True)), [pack_bytes(word) for word in words]
