"""Bench of the accelerator between parts made by others (cocotbext-axi): AXI4-Lite master, AXI4
slave with random pauses that refuses a word. Values only.
"""

from typing import Any

import cocotb
import numpy as np

from golden.accelerator.layout import accumulator_bytes, unpack_accumulators
from golden.accelerator.program import Program
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.scheduler.error_codes import CODES
from sim.scheduler.accelerator import queue_timeline
from tb.bus.bus_slave import FaultyMemory, attach_slave
from tb.bus.bus_transport import PAUSE_CYCLES, BusTransport
from tb.driver import Driver, HardwareError
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_programs import random_run

PROGRAMS = 4
LAYERS = 2
LARGEST = 1 << 13
"""Bytes of a program: Python takes part in every cycle"""


def small_program(config: MachineConfig, rng: np.random.Generator) -> Program:
    """A queue of small random layers."""
    while True:
        program = Program.of([random_run(config, rng) for _ in range(LAYERS)])
        if program.size <= LARGEST:
            return program


def patience(program: Program) -> int:
    """Pauses within which a queue must end: for ten times its cycles on the memory of sim."""
    _, counters = queue_timeline(program)
    return 10 + 10 * counters.cycles // PAUSE_CYCLES


async def run_program(driver: Driver, program: Program) -> Findings:
    """Runs a queue and compares every accumulator."""
    try:
        await driver.run(program.queue, len(program.runs), patience(program))
    except DittosimError as error:
        return Findings(value_differences=1, first_difference=str(error))
    findings = Findings()
    for run, places in zip(program.runs, program.addresses, strict=True):
        data = await driver.transport.read_memory(places.results, accumulator_bytes(run.plan))
        rows = unpack_accumulators(np.frombuffer(data, np.uint8), run.plan).tolist()
        wanted, columns = run.accumulators().tolist(), run.plan.shape.columns
        findings += compare("row", rows, wanted, [], None, values_per_item=columns)
    return findings


async def refused_word(driver: Driver, memory: FaultyMemory, program: Program) -> Findings:
    """The first weights of the second layer are refused: an error, at that descriptor."""
    weights = program.addresses[1].weights
    memory.faults = {weights // driver.config.bus_bytes}
    found = []
    try:
        await driver.run(program.queue, len(program.runs), patience(program))
    except DittosimError as error:
        found = [str(error)]
    memory.faults = set()
    expected = f"the accelerator stopped at {HardwareError(CODES['read_slave_error'], 1, weights)}"
    return compare("error", found, [expected], [], None)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of small layers; each runs once more after a refused word."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    await start(dut)
    programs = [small_program(task.config, rng) for _ in range(PROGRAMS)]
    image = np.zeros((LARGEST // task.config.bus_bytes, task.config.bus_bytes), np.uint8)
    memory = FaultyMemory(image, set())
    driver = Driver(BusTransport(dut, memory), task.config)
    attach_slave(dut, memory, "both", rng, task.stalls)
    await driver.check()
    findings = Findings()
    for program in programs:
        await driver.transport.write_memory(0, program.memory().tobytes())
        findings += await refused_word(driver, memory, program)
        findings += await run_program(driver, program)
    report(findings)
