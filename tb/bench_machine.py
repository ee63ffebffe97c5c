"""Bench of the machine on the memory of tb/memory.v: whole queues, from memory to memory.

Python fills the memory, starts the queue and waits for its end; it takes no part in any cycle.
"""

import time
from dataclasses import fields
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge, with_timeout

from golden.accelerator.counters import Counters
from golden.accelerator.layout import accumulator_bytes, unpack_accumulators
from golden.accelerator.program import Program
from golden.config import MachineConfig
from rtl.counters import counters_layout
from sim.accelerator import queue_timeline
from sim.memory_ports import AxiReadPort, AxiWritePort
from tb.clocked import PERIOD_NS, start
from tb.comparison import compare
from tb.memory import Memory
from tb.program_file import load_programs
from tb.random_programs import random_program
from tb.task import Findings, current_task, report

PROGRAMS = 4
LAYERS = 5
NAMES = [field.name for field in fields(Counters)]


def unpack_counters(word: int) -> Counters:
    """All counters in the machine's port."""
    found = {
        name: (word >> member.offset) & ((1 << member.width) - 1)
        for name, member in counters_layout()
    }
    return Counters(**found)


async def run_program(dut: Any, config: MachineConfig, memory: Memory, program: Program) -> Findings:
    """Runs a queue; compares every accumulator, the total and every counter."""
    _, expected = queue_timeline(program, AxiReadPort(config), AxiWritePort(config))
    await memory.write(0, program.memory)
    dut.base.value = program.queue
    dut.count.value = len(program.runs)
    began = time.perf_counter()
    dut.go.value = 1
    await FallingEdge(dut.clk)
    dut.go.value = 0
    limit = (2 * expected.cycles + 1000) * PERIOD_NS
    await with_timeout(RisingEdge(dut.finished), limit, "ns")
    seconds = time.perf_counter() - began
    for _ in range(2):
        await FallingEdge(dut.clk)
    found = unpack_counters(dut.counters.value.to_unsigned())
    findings = Findings()
    for run, places in zip(program.runs, program.addresses, strict=True):
        wanted = run.accumulators()
        data = await memory.read(places.results, accumulator_bytes(run.plan))
        rows = unpack_accumulators(data, run.plan).tolist()
        name = f"{run.mode} {run.plan.shape} row"
        findings += compare(
            name, rows, wanted.tolist(), [], None, values_per_item=run.plan.shape.columns
        )
    counters = compare(
        f"{', '.join(NAMES)}: counter",
        [],
        [],
        [getattr(found, name) for name in NAMES],
        [getattr(expected, name) for name in NAMES],
        clock_cycles=found.cycles,
        seconds=seconds,
    )
    counters.cycles_rtl, counters.cycles_sim = found.cycles, expected.cycles
    state = [dut.error.value.to_unsigned(), memory.violations]
    return findings + counters + compare("error and violations", state, [0, 0], [], None)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random layers, or the program that the task names."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    dut.go.value = 0
    memory = Memory(dut, task.config)
    await start(dut)
    findings = Findings()
    if task.rows:
        programs = load_programs(task.rows, task.config)
    else:
        programs = [random_program(task.config, rng, LAYERS) for _ in range(PROGRAMS)]
    for program in programs:
        findings += await run_program(dut, task.config, memory, program)
    report(findings)
