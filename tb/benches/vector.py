"""Bench of the vector unit in the accelerator: queues of vector layers, from memory to memory."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cocotb
import numpy as np

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.vector.descriptor import VectorDescriptor
from golden.vector.run import VectorRun
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.accelerator import queue_timeline
from tb.benches.accelerator import counters_compared, cut_queue
from tb.bus.memory import Memory, memories
from tb.bus.plain_transport import PlainTransport
from tb.driver import Driver
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments, reset_places
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_turns import turn_strata, turning_queues
from tb.stimuli.random_vectors import VectorQueue, random_vector_queue, vector_strata

BYTES, WORDS = 1 << 19, 1 << 15
"""More than a queue's tensors take, in bytes; on a wide bus in bus words"""

Further = Callable[[MachineConfig, np.random.Generator, Coverage], Iterable[VectorQueue]]


async def run_queue(
    driver: Driver, transport: PlainTransport, wanted: VectorQueue, ports: MemoryPorts
) -> Findings:
    """Runs a queue; compares every byte of its memory, the total and every counter."""
    lines, expected = queue_timeline(wanted.queue, ports)
    await transport.write_memory(0, wanted.before.tobytes())
    transport.limit = 2 * expected.cycles + 1000
    began = time.perf_counter()
    try:
        found = await driver.run(wanted.queue.queue, len(lines))
    except DittosimError as error:
        return Findings(value_differences=1, first_difference=str(error))
    seconds = time.perf_counter() - began
    data = await transport.read_memory(0, len(wanted.after))
    findings = Findings()
    left = np.frombuffer(data, np.uint8)
    for number, run in enumerate(wanted.queue.runs):
        if not isinstance(run, VectorRun):
            continue
        first = run.layer.o_address
        size = _output_bytes(run.layer)
        name = f"layer {number}, {run.layer}: byte"
        one = slice(first, first + size)
        findings += compare(name, left[one].tolist(), wanted.after[one].tolist(), [], None)
    findings += compare("memory", [bool((left == wanted.after).all())], [True], [], None)
    return findings + counters_compared(found, lines, expected, seconds)


def _output_bytes(layer: VectorDescriptor) -> int:
    """From the first byte of its output to its last, gaps between included."""
    pixels = (layer.blocks - 1) * layer.o_block
    return pixels + (layer.groups - 1) * layer.o_group + layer.o_tail_count * layer.o_stride


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random vector layers; with a scratchpad, further ones on each DRAM behind it."""
    config = current_task().config
    size = max(BYTES, WORDS * config.bus_bytes)

    def draw(_: MachineConfig, rng: np.random.Generator, coverage: Coverage) -> VectorQueue:
        return random_vector_queue(config, rng, size, coverage)

    strata = vector_strata(config)
    if turns := turn_strata(config):
        strata["turns"] = turns
    await run_random_queues(dut, strata, draw, turning_queues)


async def run_random_queues(
    dut: Any,
    strata: Mapping[str, Iterable[str]],
    draw: Callable[[MachineConfig, np.random.Generator, Coverage], VectorQueue],
    further: Further | None = None,
) -> None:
    """A queue that ``draw`` gives on every memory, three of which a reset cuts first; reports.

    ``draw`` is told of the machine with that memory, as is ``further``, which gives more queues.
    """
    task = current_task()
    rng = np.random.default_rng(task.seed)
    memory = Memory(dut, task.config)
    await start(dut)
    transport = PlainTransport(dut, memory)
    driver = Driver(transport, task.config)
    await driver.check()
    machines = memories(task.config, rng)
    coverage = Coverage({**strata, "memory": machines, "reset": RESETS})
    cuts = reset_places(rng, len(machines))
    findings = Findings()
    for number, (name, machine) in enumerate(machines.items()):
        memory.take_time(machine)
        wanted = draw(machine, rng, coverage)
        if cut := cuts.get(number):
            _, expected = queue_timeline(wanted.queue, MemoryPorts.of(machine))
            moment = moments(rng, expected.cycles)[cut]
            await transport.write_memory(0, wanted.before.tobytes())
            mixed = wanted.queue
            findings += await cut_queue(dut, driver, mixed.queue, len(mixed.runs), moment)
            coverage.see("reset", cut)
        for queue in (wanted, *(further(machine, rng, coverage) if further else ())):
            findings += await run_queue(driver, transport, queue, MemoryPorts.of(machine))
        findings += compare("violations of AXI", [memory.violations], [0], [], None)
        coverage.see("memory", name)
    report(findings, coverage)
