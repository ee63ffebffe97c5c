"""Bench of products and vector layers beside each other, from memory to memory."""

from typing import Any

import cocotb
import numpy as np

from golden.machine.config import MachineConfig
from sim.bus.memory_ports import TIES, MemoryPorts
from sim.scheduler.accelerator import queue_timeline
from tb.benches.vector import run_random_queues
from tb.harness.coverage import Coverage
from tb.harness.task import current_task
from tb.stimuli.mixture_strata import STRATA
from tb.stimuli.random_mixtures import random_mixture
from tb.stimuli.random_vectors import VectorQueue

BYTES, WORDS = 1 << 21, 1 << 17
"""More than a queue's tensors take, in bytes; on a wide bus in bus words"""
DRAWN = 40
"""Queues at most of which the first is taken that has a tie for the write port not met so far: they
are rare"""
ALL_STRATA = {**STRATA, "asked at once": TIES}


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random layers that need what others leave, or nothing of them."""
    config = current_task().config
    size = max(BYTES, WORDS * config.bus_bytes)

    def draw(machine: MachineConfig, rng: np.random.Generator, coverage: Coverage) -> VectorQueue:
        met = coverage.counts["asked at once"]
        for _ in range(DRAWN):
            found = Coverage(ALL_STRATA)
            queue = random_mixture(config, rng, size, found)
            ports = MemoryPorts.of(machine)
            queue_timeline(queue.queue, ports)
            ties = dict(zip(TIES, ports.ties.tolist(), strict=True))
            if all(met.values()) or any(ties[tie] for tie in TIES if not met[tie]):
                break
        for tie, count in ties.items():
            found.see("asked at once", tie, count)
        coverage.add(found)
        return queue

    await run_random_queues(dut, ALL_STRATA, draw)
