"""Bench of whole denoising steps: a sampling run on the accelerator, its host in Python.

The machine computes each step from the quantized image to the predicted noise; the host writes what
:class:`tb.step_host.StepHost` writes and takes no part in any cycle between. Without a run that the
task names, those of small random models, the first of which is also cut by resets; where the
machine chooses, wrong choices come between two runs.
"""

import time
from dataclasses import astuple
from typing import Any

import cocotb
import numpy as np

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.counters import KINDS, SCRATCHPAD
from golden.accelerator.descriptor import ModeCode
from golden.denoising.samplers import sampling
from golden.errors import DittosimError
from golden.step.program import Choosing, StepProgram
from golden.step.sampling import static_tensors
from golden.vector.accesses import stream_bytes
from golden.vector.descriptor import VectorDescriptor
from golden.workload.workload import Workload, load_workload
from sim.run.loading import loading_timeline
from sim.run.steps import StepSimulator, StepTimeline
from tb.benches.accelerator import counters_compared, cut_queue
from tb.benches.wrong_choices import refused, wrong_cases, wrong_queues
from tb.bus.memory import Memory
from tb.bus.plain_transport import PlainTransport, TimedTransport
from tb.driver import Driver
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments
from tb.harness.task import Findings, current_task, report
from tb.step_host import StepHost
from tb.stimuli.random_steps import STRATA, random_runs, see_choices, see_steps
from tb.stimuli.sampling_job import SamplingJob, SamplingResult, load, result_path, save


@cocotb.test()
async def bench(dut: Any) -> None:
    """The run that the task names, or random ones."""
    task = current_task()
    memory = Memory(dut, task.config)
    await start(dut)
    transport = PlainTransport(dut, memory)
    driver = Driver(transport, task.config)
    if task.sampling:
        job = load(task.sampling)
        assert isinstance(job, SamplingJob)
        host = StepHost(driver, job.program)
        result, findings = await run(job, load_workload(job.workload), host, transport, memory)
        findings += compare("violations of AXI", [memory.violations], [0], [], None)
        save(result, result_path(task.sampling))
        report(findings)
        return
    rng = np.random.default_rng(task.seed)
    coverage = Coverage({**STRATA, "reset": RESETS, "wrong": wrong_cases(task.config)})
    findings = Findings()
    for number, one in enumerate(random_runs(task.config, rng)):
        host = StepHost(driver, one.job.program)
        steps: list[StepTimeline] = []
        result, found = await run(one.job, one.workload, host, transport, memory, steps)
        findings += found
        program = one.job.program
        see_steps(coverage, program, one.job.steps)
        for step in steps:
            see_choices(coverage, step)
        if isinstance(program.flow, Choosing) and not findings.differences:
            # What the last step found in memory is still there, and what the table holds.
            for number in (one.job.last_step, 0):
                for wrong in wrong_queues(program, number, steps[number]):
                    findings += await refused(driver, memory, program, wrong)
                    coverage.see("wrong", wrong.case)
            _, found = await run(one.job, one.workload, host, transport, memory)
            findings += found
        if number or found.differences:
            continue
        queue = one.job.program.queues[one.job.program.queue_of(0)]
        for name, moment in moments(rng, result.counters[0]["CYCLES"]).items():
            findings += await cut_queue(dut, driver, queue.base, queue.count, moment)
            coverage.see("reset", name)
    findings += compare("violations of AXI", [memory.violations], [0], [], None)
    report(findings, coverage)


async def run(
    job: SamplingJob,
    workload: Workload,
    host: StepHost,
    transport: TimedTransport,
    memory: Memory | None = None,
    steps_seen: list[StepTimeline] | None = None,
) -> tuple[SamplingResult, Findings]:
    """Runs the steps; compares all of memory, all counters and each prediction.

    So are the bytes that went to ``memory`` and came from it, where it counts them. ``steps_seen``
    takes what the simulator says of each.
    """
    expected = StepSimulator(job.program, workload, job.labels)
    schedule = workload.description.schedule
    steps = sampling(job.sampler, job.noise, schedule, job.steps, job.seed)
    findings = await loaded(host, transport, job.program)
    # Whatever else is there at first, golden has the same.
    near, constants = job.program.config.scratchpad_bytes, job.program.constant_bytes
    for first, end in ((0, near), (constants, job.program.size)):
        if first < end:
            rest = await transport.read_memory(first, end - first)
            expected.memory[first:end] = np.frombuffer(rest, np.uint8)
    counted: list[dict[str, int]] = []
    image, at = next(steps)
    for number in range(job.last_step + 1):
        wanted = expected(image, at)
        timeline = expected.steps[-1]
        if steps_seen is not None:
            steps_seen.append(timeline)
        transport.limit = 2 * timeline.counters.cycles + 1000
        static = static_tensors(workload, at, job.labels)
        began, moved = time.perf_counter(), memory.moved if memory else 0
        try:
            noise, counters = await host.step(number, image, static)
        except DittosimError as error:
            findings += Findings(value_differences=1, first_difference=f"step {number}: {error}")
            break
        seconds = time.perf_counter() - began
        if memory:
            # The hardware counts what it moves, wherever that lies: the memory counts its own.
            of_memory = sum(timeline.counters.memory_bytes(kind) for kind in KINDS)
            what = f"step {number}: bytes of memory"
            findings += compare(what, [memory.moved - moved], [of_memory], [], None)
            if timeline.dram:
                done, predicted = astuple(memory.dram_counts), astuple(timeline.dram)
                findings += compare(f"step {number}: DRAM", list(done), list(predicted), [], None)
        of_scratchpad = {name.upper(): getattr(timeline.counters, name) for name in SCRATCHPAD}
        counted.append(counters | of_scratchpad)
        data = np.frombuffer(await transport.read_memory(0, job.program.size), np.uint8)
        wrong = np.flatnonzero(data != expected.memory)
        findings += Findings(
            values=len(data),
            value_differences=len(wrong),
            first_difference=f"step {number}: byte {wrong[0]:#x} of memory" if len(wrong) else "",
        )
        findings += compare(f"step {number}: noise", noise.tolist(), wanted.tolist(), [], None)
        findings += counters_compared(
            counters, timeline.layers, timeline.counters, seconds, f"step {number}: "
        )
        if expected.table:
            findings += await compare_table(number, host, expected)
        try:
            image, at = steps.send(noise)
        except StopIteration as end:
            image = end.value
    return SamplingResult(image, counted), findings


async def loaded(host: StepHost, transport: TimedTransport, program: StepProgram) -> Findings:
    """Loads a program; compares what fills the scratchpad, and what it leaves there."""
    lines, counters = loading_timeline(program)
    transport.limit = 2 * counters.cycles + 1000
    began = time.perf_counter()
    counted = await host.load()
    findings = Findings()
    if counted is None or program.loading is None:
        return findings
    seconds = time.perf_counter() - began
    findings += counters_compared(counted, lines, counters, seconds, "loading: ")
    for entry in program.loading.entries:
        assert isinstance(entry.descriptor, VectorDescriptor)
        (copy,) = written(entry.descriptor, program.config.bus_bytes)
        found = await transport.read_memory(copy.start, copy.stop - copy.start)
        wanted = program.memory[copy].tobytes()
        findings += compare(f"{entry.name}: byte", list(found), list(wanted), [], None)
    return findings


def written(layer: VectorDescriptor, bus_bytes: int) -> list[slice]:
    """Where the output of a vector layer lies."""
    output = stream_bytes(layer, "o", bus_bytes)
    return [slice(*each) for each in zip(output.starts, output.ends, strict=True)]


async def compare_table(number: int, host: StepHost, expected: StepSimulator) -> Findings:
    """Both counters and the decision of every layer, as the bus shows them after a step."""
    assert expected.table
    entries = [entry for entry in expected.steps[-1].entries if entry.variants]
    found, wanted = [], []
    for entry in entries:
        assert isinstance(entry.descriptor, ChoiceDescriptor)
        one = await host.driver.defo_entry(entry.descriptor.entry)
        found.append([one.first, one.temporal, one.mode])
        decision = expected.table.entries[entry.node]
        wanted.append([decision.act, decision.temporal, ModeCode.of(decision.mode)])
    return compare(f"step {number}: Defo's entry", found, wanted, [], None)
