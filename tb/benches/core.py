"""Bench of the core on its streams: random layers; values, total cycles and all counters."""

from collections import Counter
from dataclasses import fields
from typing import Any

import cocotb
import numpy as np

from golden.accelerator.counters import CAUSES, KINDS, Counters
from golden.accelerator.layout import accumulator_bytes, unpack_accumulators
from sim.scheduler.accelerator import queue_timeline
from tb.bus.stream_memory import StreamMemory, stream_ports
from tb.harness.clocked import run, start
from tb.harness.comparison import compare
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_programs import random_program

EVENTS = [f"cycles_{cause}" for cause in CAUSES] + [f"bytes_{kind}" for kind in KINDS]
"""Bits of the core's port, lowest first"""
STALLS = ((2, 50), (40, 0), (600, 3))
"""Latency of the memory, and cycles between two commands, of one program after the other"""
LAYERS = 4


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
    """Queues of random layers, one after the other."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    findings = Findings()
    dut.go.value = 0
    for latency, busy in STALLS if task.stalls else [(task.config.memory_latency, 0)] * 3:
        program = random_program(task.config, rng, LAYERS)
        ports = stream_ports(task.config.bus_bytes, latency, busy)
        _, counters = queue_timeline(program, ports)
        memory = StreamMemory(dut, program.memory(), task.config.bus_bytes, latency, busy)
        await start(dut)
        queue = Queue(dut, len(program.runs))
        cycles = await run(dut, [memory, queue], queue.has_finished, counters.cycles)
        assert not queue.failed
        found = queue.counters(task.config.bus_bytes)
        expected = [run.accumulators() for run in program.runs]
        values = []
        for layer, places in zip(program.runs, program.addresses, strict=True):
            part = slice(places.results, places.results + accumulator_bytes(layer.plan))
            values.append(unpack_accumulators(memory.memory[part], layer.plan).tolist())
        names = [f.name for f in fields(Counters)]
        one = compare(
            "layer",
            [row for layer in values for row in layer],
            [row for layer in expected for row in layer.tolist()],
            [getattr(found, name) for name in names],
            [getattr(counters, name) for name in names],
            clock_cycles=cycles,
        )
        one.cycles_rtl, one.cycles_sim = found.cycles, counters.cycles
        if one.cycle_differences:
            one.first_difference += f" {found} {counters}"
        findings += one
    report(findings)
