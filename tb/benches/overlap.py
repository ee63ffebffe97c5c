"""Bench of products and vector layers beside each other, from memory to memory."""

from typing import Any

import cocotb
import numpy as np

from tb.benches.vector import run_random_queues
from tb.harness.coverage import Coverage
from tb.harness.task import current_task
from tb.stimuli.mixture_strata import STRATA
from tb.stimuli.random_mixtures import random_mixture
from tb.stimuli.random_vectors import VectorQueue

BYTES, WORDS = 1 << 20, 1 << 16
"""More than a queue's tensors take, in bytes; on a wide bus in bus words"""


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random layers that need what others leave, or nothing of them."""
    config = current_task().config
    size = max(BYTES, WORDS * config.bus_bytes)

    def draw(rng: np.random.Generator, coverage: Coverage) -> VectorQueue:
        return random_mixture(config, rng, size, coverage)

    await run_random_queues(dut, STRATA, draw)
