"""Bench of products whose results pass the vector unit, from memory to memory."""

from typing import Any

import cocotb
import numpy as np

from golden.machine.config import MachineConfig
from tb.benches.vector import run_random_queues
from tb.harness.coverage import Coverage
from tb.harness.task import current_task
from tb.stimuli.random_outputs import STRATA, random_output_queue
from tb.stimuli.random_vectors import VectorQueue


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random pairs."""

    def draw(_: MachineConfig, rng: np.random.Generator, coverage: Coverage) -> VectorQueue:
        return random_output_queue(current_task().config, rng, coverage)

    await run_random_queues(dut, STRATA, draw)
