"""Bench of the accelerator between parts made by others (cocotbext-axi): AXI4-Lite master, AXI4
slave with random pauses that refuses a word. Values only.
"""

from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, FallingEdge

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.layout import accumulator_bytes, unpack_accumulators
from golden.accelerator.program import Program
from golden.errors import DittosimError
from rtl.scheduler.error_codes import CODES
from sim.scheduler.accelerator import queue_timeline
from tb.bus.bus_slave import FaultyMemory, attach_slave
from tb.bus.bus_transport import PAUSE_CYCLES, BusTransport
from tb.driver import Driver, HardwareError
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments, reset_places
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_programs import program_strata, see_program, stratified_programs

LAYERS = 2
LARGEST = 1 << 12
"""Bytes of a layer: Python takes part in every cycle"""
REFUSED = ("descriptor", "weights", "inputs", "results")
"""What the slave refuses a word of, one program after the other"""


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


async def refused_word(
    driver: Driver, memory: FaultyMemory, program: Program, what: str
) -> Findings:
    """The first word of a tensor of the second layer is refused: an error, at that descriptor."""
    place = program.queue + DESCRIPTOR_BYTES
    if what != "descriptor":
        place = getattr(program.addresses[1], what)
    memory.faults = {place // driver.config.bus_bytes}
    found = []
    try:
        await driver.run(program.queue, len(program.runs), patience(program))
    except DittosimError as error:
        found = [str(error)]
    memory.faults = set()
    code = CODES["write_slave_error" if what == "results" else "read_slave_error"]
    expected = f"the accelerator stopped at {HardwareError(code, 1, place)}"
    return compare(f"error of {what}", found, [expected], [], None)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of small layers; each runs once more after a refused word and after a reset."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    await start(dut)
    programs = stratified_programs(task.config, rng, len(REFUSED), LAYERS, LARGEST)
    axes = {**program_strata(task.config), "refused word": REFUSED, "reset": RESETS}
    coverage = Coverage(axes)
    words = max(program.size for program in programs) // task.config.bus_bytes
    image = np.zeros((words, task.config.bus_bytes), np.uint8)
    memory = FaultyMemory(image, set())
    driver = Driver(BusTransport(dut, memory), task.config)
    attach_slave(dut, memory, "both", rng, task.stalls)
    await driver.check()
    findings = Findings()
    cuts = reset_places(rng, len(programs))
    for number, (program, what) in enumerate(zip(programs, REFUSED, strict=True)):
        await driver.transport.write_memory(0, program.memory().tobytes())
        findings += await refused_word(driver, memory, program, what)
        coverage.see("refused word", what)
        if cut := cuts.get(number):
            moment = moments(rng, 2 * queue_timeline(program)[1].cycles)[cut]
            await driver.start(program.queue, len(program.runs))
            await ClockCycles(dut.clk, moment)
            await FallingEdge(dut.clk)
            await reset(dut)
            coverage.see("reset", cut)
        findings += await run_program(driver, program)
        see_program(coverage, program)
    report(findings, coverage)
