"""Bench of whole denoising steps between parts made by others (cocotbext-axi): AXI4-Lite master,
AXI4 slave with random pauses that refuses a word. Values only.
"""

from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, FallingEdge

from golden.accelerator.descriptor import Descriptor
from golden.denoising.samplers import sampling
from golden.errors import DittosimError
from golden.step.program import Entry, StepProgram
from golden.step.sampling import ProgramDenoiser, static_tensors
from golden.vector.descriptor import VectorDescriptor
from rtl.scheduler.error_codes import CODES
from sim.run.steps import StepSimulator
from tb.bus.bus_slave import FaultyMemory, attach_slave
from tb.bus.bus_transport import PAUSE_CYCLES, BusTransport
from tb.driver import Driver, HardwareError
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments
from tb.harness.task import Findings, current_task, report
from tb.step_host import StepHost
from tb.stimuli.random_steps import RandomRun, short_run

REFUSED = ("weights of a product", "parameters of a vector layer", "parameters of a fused layer")
"""What the slave refuses a word of: constants that no other layer reads"""
PATIENCE = 10
"""A step must end within so many times its cycles on the memory of sim."""


@cocotb.test()
async def bench(dut: Any) -> None:
    """Two steps of a small model, the first also after refused words and after a reset."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    await start(dut)
    one = short_run(task.config, rng)
    program, bus_bytes = one.job.program, task.config.bus_bytes
    words = -(-program.size // bus_bytes)
    memory = FaultyMemory(np.zeros((words, bus_bytes), np.uint8), set())
    driver = Driver(BusTransport(dut, memory), task.config)
    attach_slave(dut, memory, "both", rng, task.stalls)
    host = StepHost(driver, program)
    await host.load()
    cycles = cycles_on_sim(one)
    pauses = 10 + PATIENCE * cycles // PAUSE_CYCLES
    coverage = Coverage({"refused word": REFUSED, "reset": RESETS, "step": ("first", "odd")})
    findings = Findings()
    for what in REFUSED:
        findings += await refused_word(one, host, memory, what, pauses)
        coverage.see("refused word", what)
    queue = program.queues[program.queue_of(0)]
    for cut, moment in moments(rng, cycles).items():
        await driver.start(queue.base, queue.count)
        await ClockCycles(dut.clk, moment)
        await FallingEdge(dut.clk)
        await reset(dut)
        coverage.see("reset", cut)
    findings += await steps(one, host, coverage, pauses)
    report(findings, coverage)


def cycles_on_sim(one: RandomRun) -> int:
    """Of the first step, on the memory that sim has: about as many as here."""
    simulator = StepSimulator(one.job.program, one.workload, one.job.labels)
    schedule = one.workload.description.schedule
    run = sampling(one.job.sampler, one.job.noise, schedule, one.job.steps, one.job.seed)
    simulator(*next(run))
    return simulator.steps[0].counters.cycles


async def steps(one: RandomRun, host: StepHost, coverage: Coverage, pauses: int) -> Findings:
    """Runs all steps; compares all of memory and each prediction."""
    job, program = one.job, one.job.program
    expected = ProgramDenoiser(program, one.workload, job.labels)
    constants = program.constant_bytes
    # Whatever else is in memory at first, golden has the same. A scratchpad is out of reach.
    near = program.config.scratchpad_bytes
    rest = await host.driver.transport.read_memory(constants, program.size - constants)
    expected.memory[constants:] = np.frombuffer(rest, np.uint8)
    schedule = one.workload.description.schedule
    run = sampling(job.sampler, job.noise, schedule, job.steps, job.seed)
    findings = Findings()
    image, at = next(run)
    for number in range(job.last_step + 1):
        wanted = expected(image, at)
        static = static_tensors(one.workload, at, job.labels)
        try:
            noise, _ = await host.step(number, image, static, pauses)
        except DittosimError as error:
            return findings + Findings(value_differences=1, first_difference=str(error))
        data = await host.driver.transport.read_memory(near, program.size - near)
        same = np.frombuffer(data, np.uint8) == expected.memory[near:]
        findings += compare(f"step {number}: memory", same.tolist(), [True] * len(same), [], None)
        findings += compare(f"step {number}: noise", noise.tolist(), wanted.tolist(), [], None)
        coverage.see("step", program.queue_of(number))
        if number < job.last_step:
            image, at = run.send(noise)
    return findings


async def refused_word(
    one: RandomRun, host: StepHost, memory: FaultyMemory, what: str, pauses: int
) -> Findings:
    """A word that only one layer reads is refused: an error, at that layer's descriptor."""
    program = one.job.program
    number, place = refusable(program, what)
    memory.faults = {place // program.config.bus_bytes}
    queue = program.queues[program.queue_of(0)]
    found = []
    try:
        await host.driver.run(queue.base, queue.count, pauses)
    except DittosimError as error:
        found = [str(error)]
    memory.faults = set()
    expected = HardwareError(CODES["read_slave_error"], number, place)
    wanted = f"the accelerator stopped at {expected}"
    return compare(f"error of {what}", found, [wanted], [], None)


def refusable(program: StepProgram, what: str) -> tuple[int, int]:
    """A layer of the first queue that reads such a constant: its number, and where that lies."""

    def place(entry: Entry) -> int | None:
        descriptor = entry.descriptor
        if isinstance(descriptor, Descriptor):
            constant = descriptor.weights_address < program.constant_bytes
            return descriptor.weights_address if what == REFUSED[0] and constant else None
        if isinstance(descriptor, VectorDescriptor) and descriptor.p_words:
            return descriptor.p_address if what == REFUSED[1 + descriptor.fused] else None
        return None

    entries = program.queues[program.queue_of(0)].entries
    found = [(n, where) for n, entry in enumerate(entries) if (where := place(entry)) is not None]
    return found[len(found) // 2]
