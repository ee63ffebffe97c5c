"""Exact cycles of a lane FIFO on its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from golden.machine.config import MachineConfig
from golden.machine.timing import LANE_FIFO_LATENCY
from sim.blocks.streams import ReadyPattern


@dataclass(frozen=True)
class Part:
    """One lane's part of a beat."""

    slots: int
    last: bool
    """The beat ends its row."""
    gap: int
    """Cycles the producer waits before offering it, after cycle 0 or the previous acceptance."""


def lane_fifo_cycles(
    parts: Sequence[Part], config: MachineConfig, ready: ReadyPattern
) -> tuple[list[int], list[int]]:
    """The cycle in which each slot leaves, and the one in which each row is closed.

    A row is closed as soon as its parts are in and its slots out, one row per cycle at most; a
    part is offered only while fewer than ``rows_queued`` rows are open.
    """
    push = -1
    drained: list[int] = []
    leaves: list[int] = []
    closed: list[int] = []
    for part in parts:
        row = len(closed)
        push += 1 + part.gap
        if row >= config.rows_queued:
            push = max(push, closed[row - config.rows_queued] + 1)
        if part.slots:
            if len(drained) >= config.fifo_depth:
                push = max(push, drained[-config.fifo_depth] + 1)
            start = max(push + LANE_FIFO_LATENCY, drained[-1] + 1 if drained else 0)
            if row >= config.rows_in_flight:
                start = max(start, closed[row - config.rows_in_flight] + 1)
            for _ in range(part.slots):
                leaves.append(ready.nth(start))
                start = leaves[-1] + 1
            drained.append(leaves[-1])
        if part.last:
            slots_out = max(drained[-1] if drained else 0, push + 1)
            closed.append(max(slots_out, closed[-1] + 1 if closed else 0))
    return leaves, closed
