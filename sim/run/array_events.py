"""What a product does in the tiles and behind them, counted: slots, beats, rows, outputs."""

from dataclasses import dataclass

from golden.accelerator.program import LayerRun
from sim.scheduler.pass_cycles import PassSlots


@dataclass(frozen=True)
class ArrayEvents:
    """Of all tiles together."""

    slots: int = 0
    """Digits that lanes take from their FIFOs, each for all columns of a tile"""
    beats: int = 0
    """Taken by Encoding Units"""
    rows: int = 0
    """Closed, a row once for every pass that has a part of it"""
    outputs: int = 0
    """Bus words of results that the output stage takes"""

    def __add__(self, other: "ArrayEvents") -> "ArrayEvents":
        return ArrayEvents(
            self.slots + other.slots,
            self.beats + other.beats,
            self.rows + other.rows,
            self.outputs + other.outputs,
        )


def array_events(run: LayerRun) -> ArrayEvents:
    """Those of a product, which do not depend on time.

    Every tile of a row of tiles takes the same beats; those without columns take none.
    """
    plan = run.plan
    counts = PassSlots.of(run).of_plan(plan)
    rows, beats, _ = counts.shape
    tiles = sum(plan.tiles(group) for group in range(plan.groups))
    slots = int(counts.sum(dtype="int64"))
    words = sum(
        plan.block_words(block, group)
        for block in range(plan.row_blocks)
        for group in range(plan.groups)
    )
    return ArrayEvents(
        slots * tiles,
        rows * beats * tiles,
        rows * plan.chunks * tiles,
        words if run.output else 0,
    )
