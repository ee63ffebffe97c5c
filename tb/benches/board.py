"""Bench of the board: programs loaded, started and read back over its serial line alone.

The memory is the board's own, so that every counter must be what sim says.
"""

from dataclasses import replace
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, FallingEdge

from golden.accelerator.program import Program
from golden.errors import DittosimError
from rtl.bus.axi import DECODE_ERROR, SLAVE_ERROR
from rtl.fpga.board import BIT_CYCLES, MEMORY_BYTES, RESET_CYCLES
from rtl.fpga.bridge import READ, REGISTERS, UNKNOWN, WORD_BYTES, WRITE
from rtl.registers.register_map import ADDRESS_BITS, registers
from rtl.scheduler.error_codes import CODES
from rtl.scheduler.layouts import layer_layout
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.accelerator import queue_timeline
from tb.benches.accelerator import results_compared, run_program
from tb.benches.sampling import run as run_steps
from tb.bus.serial_line import BoardTransport, SerialLine
from tb.bus.serial_transport import head
from tb.driver import COUNTERS, Driver, HardwareError
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments
from tb.harness.task import Findings, current_task, report
from tb.step_host import StepHost
from tb.stimuli.random_programs import stratified_programs
from tb.stimuli.random_steps import short_run

LARGEST = 2048
"""Bytes of a layer with its tensors: the line is slow."""
LAYERS = 4
PROGRAMS = 2
BEYOND = ("reads", "writes")
"""What the machine does there when it is told to"""
STRATA = {
    "access": (
        "memory",
        "memory, while the machine runs",
        "register",
        "beyond memory",
        "beyond registers",
        "no register",
    ),
    "machine beyond memory": BEYOND,
    "reset": RESETS,
    "command": ("read", "write", "neither", "left by a break"),
    "words": ("one", "several"),
    "queue": ("layers", "whole step"),
}


@cocotb.test()
async def bench(dut: Any) -> None:
    """Accesses of every kind, queues of random layers, then a step of a small model."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    line = SerialLine(dut, BIT_CYCLES)
    await start(dut)
    await settled(dut)
    transport = BoardTransport(line)
    driver = Driver(transport, task.config)
    await driver.check()
    coverage = Coverage(STRATA)
    findings = await accesses(line, rng, coverage)
    for program in stratified_programs(task.config, rng, PROGRAMS, LAYERS, LARGEST):
        findings += await run_program(driver, transport, program)
        coverage.see("queue", "layers")
        findings += await beside(driver, transport, program, rng)
        coverage.see("access", "memory, while the machine runs")
    for what in BEYOND:
        findings += await beyond(driver, program, what)
        coverage.see("machine beyond memory", what)
    cycles = queue_timeline(program, MemoryPorts.of(task.config))[1].cycles
    for cut, moment in moments(rng, cycles).items():
        findings += await left_by_reset(dut, line, driver, program, moment)
        coverage.see("reset", cut)
    one = short_run(task.config, rng)
    host = StepHost(driver, one.job.program)
    first = replace(one.job, last_step=0)
    _, found = await run_steps(first, one.workload, host, transport)
    coverage.see("queue", "whole step")
    report(findings + found, coverage)


async def settled(dut: Any) -> None:
    """The reset comes to the board's inside a few cycles late."""
    await ClockCycles(dut.clk, RESET_CYCLES)
    await FallingEdge(dut.clk)


async def beside(
    driver: Driver, transport: BoardTransport, program: Program, rng: np.random.Generator
) -> Findings:
    """Runs a queue that is in memory again, the host writing and reading other words meanwhile.

    These take cycles away from the machine: its results are compared, not its counters.
    """
    size = MEMORY_BYTES - program.size
    for places in program.addresses:
        await transport.write_memory(places.results, bytes(WORD_BYTES))
    await driver.start(program.queue, len(program.runs))
    busy, found, wanted = 1, [], []
    while busy:
        words = int(rng.integers(1, 5))
        address = program.size + WORD_BYTES * int(rng.integers(0, size // WORD_BYTES - words))
        data = rng.bytes(WORD_BYTES * words)
        await transport.write_memory(address, data)
        found.append(await transport.read_memory(address, len(data)))
        wanted.append(data)
        busy = await driver.read("STATUS") & 1
    await driver.wait()
    findings = compare("word beside the machine", found, wanted, [], None)
    for run, places in zip(program.runs, program.addresses, strict=True):
        findings += await results_compared(transport, run, places)
    return findings


async def beyond(driver: Driver, program: Program, what: str) -> Findings:
    """A queue that is not in memory, or a layer whose results are not to be: the error of either.

    The program is in memory, and is left there with another address of the first layer's results.
    """
    base, wanted = MEMORY_BYTES, HardwareError(CODES["read_decode_error"], 0, MEMORY_BYTES)
    if what == "writes":
        place = layer_layout()["results_address"].offset // 8
        address = MEMORY_BYTES.to_bytes(WORD_BYTES, "little")
        await driver.transport.write_memory(program.queue + place, address)
        base, wanted = program.queue, HardwareError(CODES["write_decode_error"], 0, MEMORY_BYTES)
    found = "no error"
    try:
        await driver.run(base, 1)
    except DittosimError as error:
        found = str(error)
    return compare(f"error of {what}", [found], [f"the accelerator stopped at {wanted}"], [], None)


async def left_by_reset(
    dut: Any, line: SerialLine, driver: Driver, program: Program, moment: int
) -> Findings:
    """Resets the board ``moment`` cycles after a start, in a command too; no register tells of it.

    AssertionError if it does not listen then.
    """
    await driver.start(program.queue, 1)
    await ClockCycles(dut.clk, moment)
    await line.send(head(WRITE, 0, 1)[: 1 + moment % 5])
    # A clock edge may still be to come in this moment.
    await FallingEdge(dut.clk)
    await reset(dut)
    await settled(dut)
    names = ("STATUS", "IRQ_STATUS", "IRQ_ENABLE", "QUEUE_BASE", "QUEUE_COUNT", "ERROR_CODE")
    found = [await driver.read(name) for name in (*names, *COUNTERS)]
    return compare("register after reset", found, [0] * len(found), [], None)


async def accesses(line: SerialLine, rng: np.random.Generator, coverage: Coverage) -> Findings:
    """Words written and read anywhere, and all that is refused, with what is answered."""
    last = MEMORY_BYTES - WORD_BYTES
    places = [0, last, *(WORD_BYTES * rng.integers(1, last // WORD_BYTES, 4)).tolist()]
    written = {int(place): rng.bytes(WORD_BYTES) for place in places}
    found, wanted = [], []
    for place, data in written.items():
        found.append(await asked(line, WRITE, place, 1, data, coverage))
        wanted.append(bytes(1))
    block, start_of_block = rng.bytes(5 * WORD_BYTES), 1 << 10
    found.append(await asked(line, WRITE, start_of_block, 5, block, coverage))
    wanted.append(bytes(1))
    for place, data in written.items():
        found.append(await asked(line, READ, place, 1, b"", coverage))
        # The block was written after all of these.
        inside = 0 <= place - start_of_block < len(block)
        wanted.append((block[place - start_of_block :][:WORD_BYTES] if inside else data) + bytes(1))
    found.append(await asked(line, READ, start_of_block, 5, b"", coverage))
    wanted.append(block + bytes(1))
    coverage.see("access", "memory", len(found))
    ones, base = b"\xff" * WORD_BYTES, registers()["QUEUE_BASE"].address
    refused, nothing = bytes([DECODE_ERROR]), bytes([SLAVE_ERROR])
    identity = registers()["ID"]["magic"].reset.to_bytes(WORD_BYTES, "little")
    # What is no register reads as 0.
    for kind, command, address, words, data, answer in (
        ("register", WRITE, REGISTERS + base, 1, block[:4], bytes(1)),
        ("register", READ, REGISTERS + base, 1, b"", block[:4] + bytes(1)),
        ("register", READ, REGISTERS, 1, b"", identity + bytes(1)),
        ("beyond memory", READ, MEMORY_BYTES, 1, b"", ones + refused),
        ("beyond memory", WRITE, MEMORY_BYTES, 1, block[:4], refused),
        ("beyond memory", READ, last, 2, b"", written[last] + ones + refused),
        ("beyond registers", READ, REGISTERS + (1 << ADDRESS_BITS), 1, b"", ones + refused),
        ("beyond registers", WRITE, REGISTERS + (1 << 30), 1, ones, refused),
        ("no register", WRITE, REGISTERS, 1, ones, nothing),
        ("no register", READ, REGISTERS + (1 << ADDRESS_BITS) - 4, 1, b"", bytes(4) + nothing),
    ):
        found.append(await asked(line, command, address, words, data, coverage))
        wanted.append(answer)
        coverage.see("access", kind)
    for byte in (0x00, 0xFF, UNKNOWN, READ ^ 1):
        await line.send(bytes([byte]))
        found.append(await line.receive(1))
        wanted.append(bytes([UNKNOWN]))
        coverage.see("command", "neither")
    for left in (head(READ, 0, 1)[:3], head(WRITE, 0, 2) + block[:6]):
        await line.send(left)
        await line.hold_low()
        found.append(await asked(line, READ, REGISTERS, 1, b"", coverage))
        wanted.append(identity + bytes(1))
        coverage.see("command", "left by a break")
    return compare("answer on the line", found, wanted, [], None)


async def asked(
    line: SerialLine, command: int, address: int, words: int, data: bytes, coverage: Coverage
) -> bytes:
    """What a command is answered."""
    await line.send(head(command, address, words) + data)
    coverage.see("command", "read" if command == READ else "write")
    coverage.see("words", "one" if words == 1 else "several")
    return await line.receive(1 if data else WORD_BYTES * words + 1)
