"""Bench of what the accelerator does about errors: it says which, ends, and runs again.

In a queue of three layers every rule is broken, every transfer refused, and every pair of them
that can be told apart: the first layer with an error is told, those before it are done. Then the
same queue runs without errors.
"""

from dataclasses import replace
from typing import Any

import cocotb
import numpy as np

from golden.accelerator.descriptor import DESCRIPTOR_BYTES, FIELDS
from golden.accelerator.layout import accumulator_bytes, pack_accumulators
from golden.accelerator.program import Program
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.registers.register_map import registers
from rtl.scheduler.error_codes import CODES
from sim.scheduler.accelerator import queue_timeline
from tb.benches.accelerator import cut_program, run_program
from tb.bus.memory import Memory
from tb.bus.memory_top import memory_end
from tb.bus.plain_transport import PlainTransport
from tb.driver import Driver, HardwareError
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments
from tb.harness.task import Findings, current_task, report
from tb.stimuli.descriptor_rules import broken, verdict
from tb.stimuli.error_cases import (
    DECODE,
    FLAGS,
    LAYERS,
    SLAVE,
    TRANSFERS,
    WRONG,
    Queue,
    Refused,
    Wrong,
    queue_of,
    rules_and_refusals,
    single,
    small_program,
    two_refusals,
)

MEMORY_WORDS = 1 << 20
NONSENSE = 40
"""Descriptors with a random value in a random field"""
PAIRS = ("rule and refusal", "refusals in a layer", "refusals in two layers")


def memory_bytes(config: MachineConfig) -> int:
    """The first address behind memory."""
    return memory_end(config, MEMORY_WORDS) * config.bus_bytes


def strata(config: MachineConfig, program: Program) -> dict[str, list[str]]:
    """What must be met: every rule and refusal, alone and as a part of pairs."""
    rules = [case.rule for case in broken(program.descriptors()[WRONG], config)]
    refusals = [f"{kind} error of {what}" for what in TRANSFERS for kind in (SLAVE, DECODE)]
    return {
        "rule": rules,
        "refusal": refusals,
        "pair": list(PAIRS),
        "interrupt of a layer": ["told", "not told"],
        "reset": list(RESETS),
        "queue": ["misaligned", "empty", "aborted at once", "aborted while running"],
    }


class Machine:
    """The machine, and what a queue with errors comes to."""

    def __init__(self, dut: Any, config: MachineConfig) -> None:
        self.dut, self.config = dut, config
        self.memory = Memory(dut, config)
        self.transport = PlainTransport(dut, self.memory, limit=1 << 21)
        self.driver = Driver(self.transport, config)

    async def outcome(self, base: int, count: int) -> tuple[HardwareError, int, bool]:
        """What a queue comes to: error, layers that are done, whether one of them was told."""
        driver = self.driver
        await driver.start(base, count)
        await self.transport.pause()
        busy, layer = registers()["STATUS"]["busy"], registers()["IRQ_STATUS"]["layer"]
        assert not await driver.read("STATUS") >> busy.low & 1
        told = bool(await driver.read("IRQ_STATUS") >> layer.low & 1)
        await driver.acknowledge()
        return await driver.error(), await driver.read("QUEUE_DONE"), told

    async def run(self, queue: Queue) -> Findings:
        """Runs a queue with errors."""
        data = b"".join(descriptor.pack() for descriptor in queue.descriptors)
        inside = memory_bytes(self.config) - queue.base
        if inside:
            await self.transport.write_memory(queue.base, data[:inside])
        self.memory.refuse(queue.refused_word)
        found = await self.outcome(queue.base, LAYERS)
        self.memory.refuse(None)
        error = HardwareError(CODES[queue.error], queue.layer, queue.address)
        return compare(queue.name, [found], [(error, queue.layer, queue.told)], [], None)


class Bench(Machine):
    """The machine with a program in its memory."""

    def __init__(self, dut: Any, config: MachineConfig, program: Program) -> None:
        super().__init__(dut, config)
        self.program = program

    async def run_well(self) -> Findings:
        """Runs the program without errors, from memory to memory."""
        return await run_program(self.driver, self.transport, self.program)


@cocotb.test()
async def bench(dut: Any) -> None:
    """All cases, nonsense, a wrong queue, an abort; the accelerator runs on after each."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    program = small_program(config, rng)
    coverage = Coverage(strata(config, program))
    machine = Bench(dut, config, program)
    await start(dut)
    findings = await machine.run_well()
    cases = [*single(config, program), *rules_and_refusals(config, program), *two_refusals()]
    end = memory_bytes(config)
    for number, wrongs in enumerate(cases):
        flags = FLAGS[number % len(FLAGS)]
        findings += await machine.run(queue_of(program, end, flags, *wrongs))
        see(coverage, wrongs, flags)
    findings += await machine.run_well()
    for name, moment in moments(rng, queue_timeline(program)[1].cycles).items():
        findings += await reset_with_an_error(machine, moment)
        coverage.see("reset", name)

    # Nonsense may compute anything, but comes to an end: else the interrupt is missing.
    _, descriptor, _ = program.descriptors()
    for _ in range(NONSENSE):
        field = FIELDS[int(rng.integers(3, len(FIELDS) - 1))]
        old = getattr(descriptor, field.name)
        low = -old if field.signed else 0
        value = int(rng.integers(low, min(2 * abs(old) + 3, 1 << (field.bits - 1))))
        wrong = replace(descriptor, **{field.name: value})
        place = program.queue + WRONG * DESCRIPTOR_BYTES
        await machine.transport.write_memory(place, wrong.pack())
        error, *_ = await machine.outcome(program.queue, LAYERS)
        code, _ = verdict(wrong, config)
        if code != "none":
            findings += compare(
                "nonsense",
                [(field.name, value, error.code)],
                [(field.name, value, CODES[code])],
                [],
                None,
            )
    findings += await machine.run_well()

    findings += await wrong_queues(machine.driver)
    for running in (False, True):
        findings += await aborted_queue(machine.driver, machine.transport, program, running)
    for stratum in coverage.counts["queue"]:
        coverage.see("queue", stratum)
    findings += compare("violations of AXI", [machine.memory.violations], [0], [], None)
    report(findings, coverage)


def see(coverage: Coverage, wrongs: tuple[Refused | Wrong, ...], flags: int) -> None:
    """Counts a case."""
    for wrong in wrongs:
        if isinstance(wrong, Wrong):
            coverage.see("rule", wrong.case.rule)
        else:
            coverage.see("refusal", f"{wrong.kind} error of {wrong.what}")
    if len(wrongs) > 1:
        first, second = wrongs
        mixed, same, two = PAIRS
        refusals = two if first.layer != second.layer else same
        coverage.see("pair", mixed if isinstance(second, Wrong) else refusals)
    if flags:
        coverage.see("interrupt of a layer", "told" if flags & 1 else "not told")


async def reset_with_an_error(machine: Bench, moment: int) -> Findings:
    """Resets the machine while an error is told, and while a queue with an error runs."""
    end = memory_bytes(machine.config)
    refused = Refused(WRONG, "weights", DECODE)
    queue = queue_of(machine.program, end, 0, refused)
    findings = await machine.run(queue)
    findings += await cut_program(
        machine.dut, machine.driver, machine.transport, machine.program, moment
    )
    return findings + await machine.run_well()


async def wrong_queues(driver: Driver) -> Findings:
    """A misaligned queue and an empty one."""
    found: list[object] = []
    for base, count in ((driver.config.bus_bytes // 2, 1), (0, 0)):
        await driver.acknowledge()
        await driver.write("QUEUE_BASE", base)
        await driver.write("QUEUE_COUNT", count)
        await driver.write("CTRL", 1)
        try:
            await driver.wait()
        except DittosimError:
            found.append((await driver.error()).code)
    expected: list[object] = [CODES["bad_queue"], CODES["bad_queue"]]
    return compare("queue", found, expected, [], None)


async def aborted_queue(
    driver: Driver, transport: PlainTransport, program: Program, running: bool
) -> Findings:
    """Aborts at once or when a pass ran: layers that are done are whole, others wrote nothing."""
    await transport.write_memory(0, program.memory().tobytes())
    await driver.start(program.queue, len(program.runs))
    while running and not await driver.read("CYCLES_COMPUTE"):
        pass
    await driver.abort()
    try:
        await driver.wait()
    except DittosimError:
        error = await driver.error()
    else:
        error = HardwareError(CODES["none"], 0, 0)
    done = await driver.read("QUEUE_DONE")
    expected = HardwareError(CODES["aborted"], done, 0)
    findings = compare("abort", [error, done > 0], [expected, running], [], None)
    for number, (run, places) in enumerate(zip(program.runs, program.addresses, strict=True)):
        found = await transport.read_memory(places.results, accumulator_bytes(run.plan))
        wanted = pack_accumulators(run.accumulators(), run.plan).tobytes()
        left = wanted if number < done else bytes(len(wanted))
        findings += compare(f"layer {number} of an aborted queue", [found], [left], [], None)
    return findings
