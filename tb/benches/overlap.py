"""Bench of products and vector layers beside each other, from memory to memory."""

from typing import Any

import cocotb
import numpy as np

from tb.benches.vector import run_random_queues
from tb.harness.coverage import Coverage
from tb.harness.task import current_task
from tb.stimuli.random_mixtures import STRATA, random_mixture
from tb.stimuli.random_vectors import VectorQueue

BYTES = 1 << 20
"""More than a queue's tensors take"""


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random layers that need what others leave, or nothing of them."""

    def draw(rng: np.random.Generator, coverage: Coverage) -> VectorQueue:
        return random_mixture(current_task().config, rng, BYTES, coverage)

    await run_random_queues(dut, STRATA, draw)
