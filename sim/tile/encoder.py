"""Exact cycles of the Encoding Unit on its own."""

from collections.abc import Sequence

from golden.machine.timing import ENCODER_LATENCY
from sim.blocks.streams import ReadyPattern


def encoder_cycles(gaps: Sequence[int], ready: ReadyPattern) -> list[int]:
    """The cycle in which each beat leaves.

    ``gaps[b]`` are the cycles that the producer waits before offering beat b, after cycle 0 or
    after the previous beat was accepted; ``ready`` is the consumer.
    """
    accept, leave = -1, 0
    leaves = []
    for gap in gaps:
        accept = max(accept + 1 + gap, leave)
        leave = ready.nth(accept + ENCODER_LATENCY)
        leaves.append(leave)
    return leaves
