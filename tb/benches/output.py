"""Bench of products whose results pass the vector unit, from memory to memory."""

from typing import Any

import cocotb
import numpy as np

from golden.machine.config import MachineConfig
from tb.benches.vector import run_random_queues
from tb.harness.coverage import Coverage
from tb.harness.task import current_task
from tb.stimuli.random_outputs import STRATA, Case, all_cases, random_output_queue
from tb.stimuli.random_vectors import VectorQueue


@cocotb.test()
async def bench(dut: Any) -> None:
    """Queues of random pairs, each of which has half of all cases, the next one the other half."""
    left: list[Case] = []

    def draw(_: MachineConfig, rng: np.random.Generator, coverage: Coverage) -> VectorQueue:
        cases = all_cases()
        if not left:
            left.extend(cases[number] for number in rng.permutation(len(cases)))
        dealt = left[: len(cases) // 2]
        del left[: len(dealt)]
        return random_output_queue(current_task().config, rng, coverage, dealt)

    await run_random_queues(dut, STRATA, draw)
