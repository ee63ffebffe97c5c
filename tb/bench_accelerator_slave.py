"""Bench of the accelerator between parts made by others (cocotbext-axi): AXI4-Lite master, AXI4
slave with random pauses that refuses a word. Values only.
"""

from typing import Any

import cocotb
import numpy as np

from golden.accelerator.layout import accumulator_bytes, unpack_accumulators
from golden.accelerator.program import Program
from golden.config import MachineConfig
from golden.errors import DittosimError
from rtl.error_codes import CODES
from tb.bus_slave import FaultyMemory, attach_slave
from tb.bus_transport import BusTransport
from tb.clocked import start
from tb.comparison import compare
from tb.driver import Driver
from tb.random_programs import random_run
from tb.task import Findings, current_task, report

PROGRAMS = 4
LAYERS = 2
LARGEST = 1 << 13
"""Bytes of a program: Python takes part in every cycle"""


class SlaveTransport(BusTransport):
    """Registers over AXI4-Lite, memory in the slave."""

    def __init__(self, dut: Any) -> None:
        super().__init__(dut, None)  # type: ignore[arg-type]
        self.slave = FaultyMemory(np.zeros((1, 1), np.uint8), set())

    async def read_memory(self, address: int, count: int) -> bytes:
        """Reads the slave's memory."""
        return bytes(self.slave.mem[address : address + count])

    async def write_memory(self, address: int, data: bytes) -> None:
        """Writes the slave's memory."""
        self.slave.mem[address : address + len(data)] = data


def small_program(config: MachineConfig, rng: np.random.Generator) -> Program:
    """A queue of small random layers."""
    while True:
        program = Program.of([random_run(config, rng) for _ in range(LAYERS)])
        if program.size <= LARGEST:
            return program


async def refused_word(driver: Driver, transport: SlaveTransport, program: Program) -> Findings:
    """The first weights of the second layer are refused: an error, at that descriptor."""
    config = driver.config
    transport.slave.faults = {program.addresses[1].weights // config.bus_bytes}
    try:
        await driver.run(program.queue, len(program.runs))
    except DittosimError:
        error = await driver.error()
        found = [error.code, error.descriptor, error.address]
    else:
        found = []
    transport.slave.faults = set()
    expected = [CODES["read_slave_error"], 1, program.addresses[1].weights]
    return compare("error", found, expected, [], None)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of small layers; each runs once more after a refused word."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    await start(dut)
    transport = SlaveTransport(dut)
    driver = Driver(transport, task.config)
    programs = [small_program(task.config, rng) for _ in range(PROGRAMS)]
    image = np.zeros((LARGEST // task.config.bus_bytes, task.config.bus_bytes), np.uint8)
    transport.slave = FaultyMemory(image, set())
    attach_slave(dut, transport.slave, "both", rng, task.stalls)
    await driver.check()
    findings = Findings()
    for program in programs:
        await transport.write_memory(0, program.memory().tobytes())
        findings += await refused_word(driver, transport, program)
        await driver.run(program.queue, len(program.runs))
        for run, places in zip(program.runs, program.addresses, strict=True):
            data = await transport.read_memory(places.results, accumulator_bytes(run.plan))
            rows = unpack_accumulators(np.frombuffer(data, np.uint8), run.plan).tolist()
            wanted, columns = run.accumulators().tolist(), run.plan.shape.columns
            findings += compare("row", rows, wanted, [], None, values_per_item=columns)
    report(findings)
