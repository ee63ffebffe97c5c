"""Bench of products whose results pass the vector unit, from memory to memory."""

from typing import Any

import cocotb
import numpy as np

from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.accelerator import queue_timeline
from tb.benches.accelerator import cut_queue
from tb.benches.vector import run_queue
from tb.bus.memory import Memory, timings
from tb.bus.plain_transport import PlainTransport
from tb.driver import Driver
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments, reset_places
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_outputs import STRATA, random_output_queue


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random pairs on every memory, three of which a reset cuts first."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    memory = Memory(dut, task.config)
    await start(dut)
    transport = PlainTransport(dut, memory)
    driver = Driver(transport, task.config)
    await driver.check()
    memories = timings(task.config)
    coverage = Coverage({**STRATA, "memory": memories, "reset": RESETS})
    cuts = reset_places(rng, len(memories))
    findings = Findings()
    for number, (name, machine) in enumerate(memories.items()):
        memory.take_time(machine)
        wanted = random_output_queue(task.config, rng, coverage)
        if cut := cuts.get(number):
            _, expected = queue_timeline(wanted.queue, MemoryPorts.of(machine))
            moment = moments(rng, expected.cycles)[cut]
            await transport.write_memory(0, wanted.before.tobytes())
            queue = wanted.queue
            findings += await cut_queue(dut, driver, queue.queue, len(queue.runs), moment)
            coverage.see("reset", cut)
        findings += await run_queue(driver, transport, wanted, MemoryPorts.of(machine))
        findings += compare("violations of AXI", [memory.violations], [0], [], None)
        coverage.see("memory", name)
    report(findings, coverage)
