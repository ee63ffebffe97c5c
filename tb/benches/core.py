"""Bench of the core on its streams: random layers; values, total cycles and all counters."""

from collections import Counter
from typing import Any

import cocotb
import numpy as np

from golden.accelerator.counters import CAUSES, KINDS, REGISTERS, VECTOR_CAUSES, Counters
from golden.accelerator.layout import accumulator_bytes, unpack_accumulators
from golden.accelerator.program import Program
from sim.scheduler.accelerator import queue_timeline
from tb.bus.stream_memory import StreamMemory, StreamTiming, stream_ports
from tb.harness.clocked import reset, run, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments, reset_places
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_programs import (
    Target,
    aimed_run,
    program_strata,
    see_program,
    stratified_programs,
)

EVENTS = [
    *(f"cycles_{cause}" for cause in CAUSES),
    *(f"bytes_{kind}" for kind in KINDS),
    *(f"vector_{cause}" for cause in VECTOR_CAUSES),
]
"""Bits of the core's port, lowest first"""
MEMORIES = {
    "commands wait": StreamTiming(2, busy=50),
    "words wait": StreamTiming(9, busy=1, read_interval=3, write_interval=3),
    "late": StreamTiming(600, busy=3),
    "results wait": StreamTiming(3, write_interval=40),
}
RESULTS_WAIT = Target(chunks="several", passes="both, groups first")
"""A layer whose first chunks start, or must not, while no half of the results is free"""
LAYERS = 3


class Queue:
    """Starts the queue and sees it finish."""

    def __init__(self, dut: Any, layers: int) -> None:
        self._dut, self._layers = dut, layers
        self.finished: int | None = None
        self.failed = False
        self.counts: Counter[str] = Counter()
        dut.base.value = 0
        dut.abort.value = 0
        dut.count.value = layers

    def drive(self, cycle: int) -> None:
        """Go in cycle 0."""
        self._dut.go.value = int(cycle == 0)

    def observe(self, cycle: int) -> None:
        """Counts events and notes the last cycle."""
        events = self._dut.events.value.to_unsigned()
        self.counts.update(name for n, name in enumerate(EVENTS) if events >> n & 1)
        status = self._dut.status.value.to_unsigned()
        self.counts["cycles"] += status & 1
        if self.finished is None and status >> 1 & 3:
            self.finished = cycle
            self.failed = bool(status >> 2 & 1)

    def has_finished(self) -> bool:
        """Whether the last cycle was seen."""
        return self.finished is not None

    def counters(self, bus_bytes: int) -> Counters:
        """All that was counted."""
        return Counters(
            **{n: c * (bus_bytes if n.startswith("bytes") else 1) for n, c in self.counts.items()}
        )

    def release(self) -> None:
        """Nothing to leave at rest."""


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random layers, one after the other; three of them were cut by a reset before."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    own = {"own": StreamTiming(task.config.memory_latency)}
    memories = MEMORIES if task.stalls else own
    findings = Findings()
    axes = {**program_strata(task.config), "memory": memories, "reset": RESETS}
    coverage = Coverage({**axes, "results": ("wait" if task.stalls else "never wait",)})
    dut.go.value = 0
    count = len(MEMORIES)
    programs = stratified_programs(task.config, rng, count, LAYERS, start=0)
    cuts = reset_places(rng, count)
    await start(dut)
    for number, (name, program) in enumerate(
        zip(memories if task.stalls else ["own"] * count, programs, strict=True)
    ):
        timing = memories[name]
        waiting = aimed_run(RESULTS_WAIT, task.config, rng) if name == "results wait" else None
        if waiting:
            program = Program.of([*program.runs, waiting], 0)
        ports = stream_ports(task.config.bus_bytes, timing)
        _, counters = queue_timeline(program, ports)
        if cut := cuts.get(number):
            memory = StreamMemory(dut, program.memory(), task.config.bus_bytes, timing)
            queue = Queue(dut, len(program.runs))
            moment = moments(rng, counters.cycles)[cut]
            await run(dut, [memory, queue], queue.has_finished, counters.cycles, moment=moment)
            await reset(dut)
            coverage.see("reset", cut)
        memory = StreamMemory(dut, program.memory(), task.config.bus_bytes, timing)
        queue = Queue(dut, len(program.runs))
        cycles = await run(dut, [memory, queue], queue.has_finished, counters.cycles)
        assert not queue.failed
        found = queue.counters(task.config.bus_bytes)
        expected = [run.accumulators() for run in program.runs]
        values = []
        for layer, places in zip(program.runs, program.addresses, strict=True):
            part = slice(places.results, places.results + accumulator_bytes(layer.plan))
            values.append(unpack_accumulators(memory.memory[part], layer.plan).tolist())
        one = compare(
            "layer",
            [row for layer in values for row in layer],
            [row for layer in expected for row in layer.tolist()],
            [getattr(found, name) for name in REGISTERS],
            [getattr(counters, name) for name in REGISTERS],
            clock_cycles=cycles,
        )
        one.cycles_rtl, one.cycles_sim = found.cycles, counters.cycles
        if one.cycle_differences:
            one.first_difference += f" {found} {counters}"
        findings += one
        coverage.see("memory", name)
        see_program(coverage, program)
        waits = "wait" if memory.stalled else "never wait"
        if waits in coverage.counts["results"]:
            coverage.see("results", waits)
    report(findings, coverage)
