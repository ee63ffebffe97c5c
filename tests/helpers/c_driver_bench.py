"""A bench of the C driver on the accelerator: it does what Python's does, and says what that says.

Blocking C runs in a thread of its own; each of its accesses is a transfer in the simulation.
"""

import os
from collections.abc import Awaitable, Callable, Coroutine
from ctypes import byref, c_uint32
from typing import Any

import cocotb
import numpy as np
from cocotb.task import bridge, resume
from cocotb.triggers import ClockCycles

from golden.accelerator.program import Program
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.program import Choosing
from rtl.scheduler.error_codes import CODES
from tb.benches.accelerator import results_compared, run_program
from tb.benches.sampling import run as run_steps
from tb.bus.memory import Memory
from tb.bus.plain_transport import PlainTransport
from tb.driver import Driver, HardwareError
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.task import Findings, current_task, report
from tb.runner import BENCHES, Bench
from tb.step_host import StepHost
from tb.stimuli.descriptor_rules import broken
from tb.stimuli.error_cases import (
    SLAVE,
    TRANSFERS,
    WRONG,
    Queue,
    Refused,
    Wrong,
    long_run,
    queue_of,
    small_program,
)
from tb.stimuli.random_programs import program_strata, see_program, stratified_programs
from tb.stimuli.random_steps import random_runs
from tests.helpers.c_driver import LIBRARY_VARIABLE, CDriver, load

BENCH = Bench(
    "c-driver",
    "accelerator",
    "tests.helpers.c_driver_bench",
    "the C driver beside Python's",
    stalls=False,
    memory=True,
    whole_steps=True,
    memory_words=BENCHES["accelerator"].memory_words,
)
PROGRAMS, LAYERS = 3, 4
LONG = 6
"""Layers of a queue that an abort cuts short"""
FEW = 3
"""Pauses that are not enough for it"""
PAUSE_CYCLES = 40
LIMIT = 1 << 21
"""Cycles within which any queue here ends"""
NO_REGISTER = 0x1C
Do = Callable[[Driver], Awaitable[object]]


class Transport(PlainTransport):
    """Notes all accesses of registers; pauses are over soon if ``soon``."""

    def __init__(self, dut: Any, memory: Memory) -> None:
        super().__init__(dut, memory, LIMIT)
        self.accesses: list[tuple[str, int, int]] = []
        self.soon = False

    async def read32(self, address: int) -> int:
        self.accesses.append(("read", address, 0))
        return await super().read32(address)

    async def write32(self, address: int, value: int) -> None:
        self.accesses.append(("write", address, value))
        await super().write32(address, value)

    async def pause(self) -> None:
        self.accesses.append(("pause", 0, 0))
        await (ClockCycles(self._dut.clk, PAUSE_CYCLES) if self.soon else super().pause())


class Both:
    """Both drivers of one machine."""

    def __init__(self, dut: Any, config: MachineConfig) -> None:
        self.config = config
        self.memory = Memory(dut, config)
        self.transport = Transport(dut, self.memory)
        self.library = load(os.environ[LIBRARY_VARIABLE])
        self.python, self.c = self.drivers(config)

    def drivers(self, config: MachineConfig) -> tuple[Driver, CDriver]:
        """Python's and C's for a configuration, which need not be the machine's."""
        c = CDriver(self.transport, config, self.library, in_the_simulation, bridge)
        return Driver(self.transport, config), c

    async def alike(self, what: str, do: Do, drivers: tuple[Driver, Driver] | None = None) -> Any:
        """What both come to, and whether it was by the same accesses in the same order."""
        outcomes, logs = [], []
        for driver in drivers or (self.python, self.c):
            self.transport.accesses = []
            outcomes.append(await do(driver))
            logs.append(self.transport.accesses)
        return outcomes, compare(f"access of {what}", logs[1], logs[0], [], None)

    async def says(
        self, what: str, do: Do, expected: str, drivers: tuple[Driver, Driver] | None = None
    ) -> Findings:
        """Both fail at it and say ``expected``."""

        async def tried(driver: Driver) -> str:
            return await said(do(driver))

        found, findings = await self.alike(what, tried, drivers)
        return findings + compare(what, found, [expected] * 2, [], None)


def in_the_simulation(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs it while the thread that called C waits."""

    async def awaited() -> Any:
        return await coroutine

    return resume(awaited)()


async def said(doing: Awaitable[object]) -> str:
    """What it fails with."""
    try:
        await doing
    except DittosimError as error:
        return str(error)
    return "nothing"


async def check_refusals(both: Both) -> Findings:
    """What is refused before anything starts."""
    step = both.config.bus_bytes
    other = both.config.model_copy(update={"memory_latency": both.config.memory_latency + 1})
    digests = f"{both.config.digest()[:8]}, not {other.digest()[:8]}"
    findings = await both.says(
        "another machine",
        lambda driver: driver.check(),
        f"the accelerator was generated for configuration {digests}: give the configuration that "
        "it was generated for",
        both.drivers(other),
    )
    findings += await both.says(
        "misaligned queue",
        lambda driver: driver.start(step // 2, 1),
        f"queue at {step // 2:#x}: its address must be a multiple of {step} bytes (bus_bytes)",
    )
    findings += await both.says(
        "empty queue",
        lambda driver: driver.start(0, 0),
        "queue of 0 descriptors: give it at least one",
    )
    found = [
        await said(both.c.c("read", NO_REGISTER, byref(c_uint32()))),
        await said(both.c.write("ID", 0)),
    ]
    expected = [
        f"the bus refused to {one}" for one in ("read register 0x01c", "write register 0x000")
    ]
    return findings + compare("refused access", found, expected, [], None)


async def check_queues(both: Both, programs: list[Program]) -> Findings:
    """Queues of random layers: results, counters, interrupts of layers."""
    findings = Findings()
    for number, program in enumerate(programs):

        async def run(driver: Driver, program: Program = program) -> Findings:
            return await run_program(driver, both.transport, program)

        outcomes, same = await both.alike(f"queue {number}", run)
        for found in (*outcomes, same):
            findings += found
    return findings


async def check_errors(both: Both, program: Program) -> Findings:
    """Words that the memory refuses, and a broken descriptor."""
    findings = Findings()
    memory_bytes = BENCH.memory_words * both.config.bus_bytes
    rule = next(iter(broken(program.descriptors()[WRONG], both.config)))
    for wrong in (*(Refused(WRONG, what, SLAVE) for what in TRANSFERS), Wrong(WRONG, rule)):
        queue = queue_of(program, memory_bytes, 0, wrong)
        data = b"".join(descriptor.pack() for descriptor in queue.descriptors)
        await both.transport.write_memory(queue.base, data)
        both.memory.refuse(queue.refused_word)

        async def run(driver: Driver, queue: Queue = queue) -> None:
            await driver.run(queue.base, len(queue.descriptors))

        error = HardwareError(CODES[queue.error], queue.layer, queue.address)
        findings += await both.says(queue.name, run, f"the accelerator stopped at {error}")
        both.memory.refuse(None)
    return findings


async def check_patience(both: Both, program: Program) -> Findings:
    """A queue that outlasts its pauses, a second start, an abort; a pause that gives up."""
    transport, count = both.transport, len(program.runs)
    await transport.write_memory(0, program.memory().tobytes())

    async def impatient(driver: Driver, pauses: int = FEW) -> list[str]:
        transport.soon = True
        told = [await said(driver.run(program.queue, count, pauses))]
        told.append(await said(driver.start(program.queue, count)))
        transport.soon = False
        await driver.abort()
        return [*told, await said(driver.wait())]

    async def gives_up(driver: Driver) -> list[str]:
        if isinstance(driver, CDriver):
            driver.gives_up = True
            return await impatient(driver)
        return await impatient(driver, pauses=1)

    findings = Findings()
    for do in (impatient, gives_up):
        (python, c), same = await both.alike(do.__name__, do)
        expected = (
            f"the accelerator did not come to its end: 0 of {count} descriptors done; abort it",
            "the accelerator is busy: wait for it, or abort",
            f"(error {CODES['aborted']}, aborted)",
        )
        assert all(map(str.endswith, python, expected)), python
        findings += same + compare(do.__name__, c, python, [], None)
    return findings


async def check_steps(both: Both, rng: np.random.Generator, coverage: Coverage) -> Findings:
    """Whole steps whose modes the machine chooses: memory, counters, the table of decisions."""
    findings = Findings()
    for one in random_runs(both.config, rng):
        flow = one.job.program.flow
        if isinstance(flow, Choosing):
            host = StepHost(both.c, one.job.program)
            findings += (await run_steps(one.job, one.workload, host, both.transport))[1]
            coverage.see("flow", flow.value)
    return findings


async def check_example(both: Both, program: Program) -> Findings:
    """``run_queue`` of docs/howto/drive-from-c.md ends well, then badly."""
    await both.transport.write_memory(0, program.memory().tobytes())
    count, found = len(program.runs), []

    def run_queue() -> int:
        return both.library.run_queue(byref(both.c.ditto), program.queue, count)

    found.append(await bridge(run_queue)())
    findings = Findings()
    for run, places in zip(program.runs, program.addresses, strict=True):
        findings += await results_compared(both.transport, run, places)
    both.memory.refuse(program.queue)
    found.append(await bridge(run_queue)())
    both.memory.refuse(None)
    return findings + compare("example", found, [0, 1], [], None)


@cocotb.test()
async def bench(dut: Any) -> None:
    """All of it on one machine, which runs on after each failure."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    both = Both(dut, task.config)
    await start(dut)
    _, findings = await both.alike("check", lambda driver: driver.check())
    findings += await check_refusals(both)
    programs = stratified_programs(task.config, rng, PROGRAMS, LAYERS)
    flows = [flow.value for flow in Choosing]
    coverage = Coverage({**program_strata(task.config), "flow": flows})
    for program in programs:
        see_program(coverage, program)
    findings += await check_queues(both, programs)
    small = small_program(task.config, rng)
    await both.transport.write_memory(0, small.memory().tobytes())
    findings += await check_errors(both, small)
    findings += await check_queues(both, [small])
    findings += await check_patience(both, Program.of([long_run(task.config, rng)] * LONG))
    findings += await check_example(both, small)
    findings += await check_steps(both, rng, coverage)
    findings += compare("violations of AXI", [both.memory.violations], [0], [], None)
    report(findings, coverage)
