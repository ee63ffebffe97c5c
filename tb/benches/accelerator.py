"""Bench of the accelerator on the memory of tb/bus/memory.v: whole queues, from memory to memory.

Python fills the memory, starts the queue over the driver and waits for the interrupt; it takes no
part in any cycle between.
"""

import time
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, FallingEdge

from golden.accelerator.assemble import Addresses
from golden.accelerator.counters import REGISTERS, Counters
from golden.accelerator.layout import accumulator_bytes, unpack_accumulators
from golden.accelerator.program import LayerRun, Program
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.accelerator import LayerTimeline, queue_timeline
from tb.bus.memory import Memory, memories
from tb.bus.plain_transport import PlainTransport, TimedTransport
from tb.driver import COUNTERS, Driver
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments, reset_places
from tb.harness.task import Findings, current_task, report
from tb.stimuli.program_file import load_programs
from tb.stimuli.random_programs import program_strata, see_program, stratified_programs

LAYERS = 5


async def run_program(
    driver: Driver,
    transport: TimedTransport,
    program: Program,
    machine: MachineConfig | None = None,
) -> Findings:
    """Runs a queue; compares every accumulator, the total, every counter and layer interrupts.

    ``machine`` has the times of the memory, if they are not those of the program's machine.
    """
    lines, expected = queue_timeline(program, MemoryPorts.of(machine or program.config))
    await transport.write_memory(0, program.memory().tobytes())
    transport.limit = 2 * expected.cycles + 1000
    began = time.perf_counter()
    try:
        await driver.start(program.queue, len(program.runs), each_layer=True)
        ended = []
        while await driver.wait_layer():
            ended.append(await driver.read("QUEUE_DONE"))
        await driver.wait()
        found = await driver.counters()
    except DittosimError as error:
        return Findings(value_differences=1, first_difference=str(error))
    seconds = time.perf_counter() - began
    flagged = [n for n, run in enumerate(program.runs) if run.interrupt]
    told = [done > number for number, done in zip(flagged, ended, strict=False)]
    findings = compare("layer told in time", told, [True] * len(flagged), [], None)
    for run, places in zip(program.runs, program.addresses, strict=True):
        findings += await results_compared(transport, run, places)
    return findings + counters_compared(found, lines, expected, seconds)


async def results_compared(transport: TimedTransport, run: LayerRun, places: Addresses) -> Findings:
    """Every accumulator of a product, where it left them."""
    wanted = run.accumulators()
    data = await transport.read_memory(places.results, accumulator_bytes(run.plan))
    rows = unpack_accumulators(np.frombuffer(data, np.uint8), run.plan).tolist()
    name = f"{run.mode} {run.plan.shape} row"
    columns = run.plan.shape.columns
    return compare(name, rows, wanted.tolist(), [], None, values_per_item=columns)


def counters_compared(
    found: dict[str, int],
    lines: list[LayerTimeline],
    expected: Counters,
    seconds: float,
    where: str = "",
) -> Findings:
    """Every counter after a queue; ``where`` stands before what is said of a difference."""
    counters = compare(
        f"{where}{', '.join(REGISTERS)}, layer_cycles, queue_done: counter",
        [],
        [],
        [found[name.upper()] for name in [*REGISTERS, "layer_cycles", "queue_done"]],
        [*(getattr(expected, name) for name in REGISTERS), lines[-1].cycles, len(lines)],
        clock_cycles=found["CYCLES"],
        seconds=seconds,
    )
    counters.cycles_rtl, counters.cycles_sim = found["CYCLES"], expected.cycles
    return counters


async def cut_program(
    dut: Any, driver: Driver, transport: TimedTransport, program: Program, moment: int
) -> Findings:
    """Starts a queue and resets the machine ``moment`` cycles later; no register tells of it."""
    await transport.write_memory(0, program.memory().tobytes())
    return await cut_queue(dut, driver, program.queue, len(program.runs), moment)


async def cut_queue(dut: Any, driver: Driver, base: int, count: int, moment: int) -> Findings:
    """The same of any queue that is in memory."""
    await driver.start(base, count, each_layer=True)
    await ClockCycles(dut.clk, moment)
    await FallingEdge(dut.clk)
    await reset(dut)
    names = ("STATUS", "IRQ_STATUS", "IRQ_ENABLE", "QUEUE_BASE", "QUEUE_COUNT", "ERROR_CODE")
    found = [await driver.read(name) for name in (*names, *COUNTERS)]
    return compare("register after reset", found, [0] * len(found), [], None)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random layers, or the programs that the task names."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    memory = Memory(dut, task.config)
    await start(dut)
    transport = PlainTransport(dut, memory)
    driver = Driver(transport, task.config)
    await driver.check()
    if task.rows:
        findings = Findings()
        for program in load_programs(task.rows, task.config):
            findings += await run_program(driver, transport, program)
        report(findings + compare("violations of AXI", [memory.violations], [0], [], None))
        return
    machines = memories(task.config, rng)
    coverage = Coverage({**program_strata(task.config), "memory": machines, "reset": RESETS})
    # From address 0 on: partly in a scratchpad, if the machine has one.
    programs = stratified_programs(task.config, rng, len(machines), LAYERS, start=0)
    cuts = reset_places(rng, len(programs))
    findings = Findings()
    for number, (name, program) in enumerate(zip(machines, programs, strict=True)):
        memory.take_time(machines[name])
        if cut := cuts.get(number):
            _, expected = queue_timeline(program, MemoryPorts.of(machines[name]))
            moment = moments(rng, expected.cycles)[cut]
            findings += await cut_program(dut, driver, transport, program, moment)
            coverage.see("reset", cut)
        findings += await run_program(driver, transport, program, machines[name])
        findings += compare("violations of AXI", [memory.violations], [0], [], None)
        coverage.see("memory", name)
        see_program(coverage, program)
    report(findings, coverage)
