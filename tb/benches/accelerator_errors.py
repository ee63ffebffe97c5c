"""Bench of what the accelerator does about errors: it says which, ends, and runs again.

Every wrong descriptor comes as the second of three, of which the third is right or wrong as well;
then the same queue runs without it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import cocotb
import numpy as np

from golden.accelerator.descriptor import DESCRIPTOR_BYTES, FIELDS
from golden.accelerator.layout import accumulator_bytes, pack_accumulators
from golden.accelerator.program import LayerRun, Program
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.scheduler.error_codes import CODES
from tb.benches.accelerator import run_program
from tb.bus.memory import Memory
from tb.bus.plain_transport import PlainTransport
from tb.driver import Driver, HardwareError
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_programs import random_run

WRONG = 1
"""Place of the wrong descriptor"""
NONSENSE = 40
"""Descriptors with a random value in a random field"""


@dataclass(frozen=True)
class Case:
    """A wrong field, and what the hardware must say of it."""

    changes: dict[str, int]
    error: str
    address: int | None = None
    """None: that of the descriptor"""


def cases(config: MachineConfig, memory_bytes: int) -> Iterator[Case]:
    """Every kind of wrong descriptor."""
    bus, beyond = config.bus_bytes, memory_bytes
    yield Case({"magic": 0}, "unknown_mode")
    yield Case({"mode": 3}, "unknown_mode")
    for field in ("kernel", "chunks", "tile_rows", "weight_words", "tail_words"):
        yield Case({field: 0}, "zero_size")
    yield Case({"chunk_beats": config.max_beats // 2 + 1}, "too_large")
    yield Case({"tile_rows": config.accumulator_depth + 1}, "too_large")
    yield Case({"tile_span_entries": 1 << 24}, "too_large")
    yield Case({"last_tiles": config.tiles_n + 1}, "too_large")
    yield Case({"block_words": 1 << 20}, "too_large")
    for field in ("inputs_address", "weights_address", "results_address", "previous_address"):
        yield Case({field: 0x100 + bus // 2}, "misaligned", 0x100 + bus // 2)
        yield Case({field: (1 << 32) - bus}, "out_of_range", (1 << 32) - bus)
    for field in ("inputs_address", "weights_address", "previous_address"):
        yield Case({field: beyond}, "read_decode_error", beyond)
    yield Case({"results_address": beyond}, "write_decode_error", beyond)


async def outcome(driver: Driver, count: int) -> HardwareError:
    """What the error registers say after a queue at address 0."""
    try:
        await driver.run(0, count)
    except DittosimError as error:
        found = await driver.error()
        assert str(found) in str(error)
        return found
    return HardwareError(CODES["none"], 0, 0)


@cocotb.test()
async def bench(dut: Any) -> None:
    """All cases, nonsense, a wrong queue, an abort; the accelerator runs on after each."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    memory = Memory(dut, config)
    await start(dut)
    transport = PlainTransport(dut, memory, limit=1 << 21)
    driver = Driver(transport, config)
    runs: list[LayerRun] = []
    while len(runs) < 3:
        run = random_run(config, rng)
        if run.mode is Mode.TEMPORAL:
            runs.append(run)
    program = Program.of(runs)
    _, descriptor, last = program.descriptors()
    place = WRONG * DESCRIPTOR_BYTES
    findings = await run_program(driver, transport, program)

    found: list[object] = []
    expected: list[object] = []
    every = cases(config, (1 << 20) * config.bus_bytes)
    for case, magic in product(every, (last.magic, 0)):
        wrong = replace(descriptor, **case.changes).pack() + replace(last, magic=magic).pack()
        await transport.write_memory(place, wrong)
        error = await outcome(driver, len(runs))
        found.append((case, error, await driver.read("QUEUE_DONE")))
        where = place if case.address is None else case.address
        expected.append((case, HardwareError(CODES[case.error], WRONG, where), WRONG))
    findings += compare("error", found, expected, [], None)
    findings += await run_program(driver, transport, program)

    # Nonsense may compute anything, but comes to an end: else the interrupt is missing.
    for _ in range(NONSENSE):
        field = FIELDS[int(rng.integers(3, len(FIELDS) - 1))]
        old = getattr(descriptor, field.name)
        low = -old if field.signed else 0
        value = int(rng.integers(low, min(2 * abs(old) + 3, 1 << (field.bits - 1))))
        wrong = replace(descriptor, **{field.name: value}).pack()
        await transport.write_memory(place, wrong)
        await outcome(driver, len(runs))
    findings += await run_program(driver, transport, program)

    findings += await wrong_queues(driver)
    for running in (False, True):
        findings += await aborted_queue(driver, transport, program, running)
    findings += compare("violations of AXI", [memory.violations], [0], [], None)
    report(findings)


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
