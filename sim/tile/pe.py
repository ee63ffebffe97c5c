"""Exact cycles of a PE on its own."""

from collections.abc import Sequence

from golden.machine.timing import PE_LATENCY
from sim.blocks.streams import ReadyPattern


def pe_cycles(closes: Sequence[bool], gaps: Sequence[int], ready: ReadyPattern) -> list[int]:
    """The cycle in which the sum of each closed row leaves.

    ``closes`` tells which operands close a row; ``gaps`` are the producer's waits before each set
    of operands, as in :func:`sim.tile.encoder.encoder_cycles`; ``ready`` is the consumer.
    """
    accept = -1
    leaves = []
    for close, gap in zip(closes, gaps, strict=True):
        accept = ready.nth(accept + 1 + gap)
        if close:
            leaves.append(ready.nth(accept + 1, PE_LATENCY))
    return leaves
