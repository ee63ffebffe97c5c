"""All plans of a layer that a machine can run."""

from collections.abc import Iterator

from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.accelerator.units import Units
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig

EXTRA_CHUNKS = 3
"""Chunks of k beyond the fewest: shorter ones let a pass start sooner, but each costs a pass."""
ORDERS = (False, True)
"""Of the loops: ``rows_outer``"""


def candidates(shape: LayerShape, mode: Mode, config: MachineConfig) -> Iterator[Plan]:
    """Plans that fit, the largest blocks first; DittosimError if there is none.

    Lines per tile go down from what fits by the number of blocks they make; k is cut into as few
    chunks as possible and somewhat more, of equal length.
    """
    found = False
    problem: DittosimError | None = None
    for plan in cuts(shape, config):
        try:
            plan.check(mode)
        except DittosimError as error:
            problem = error
            continue
        if repeats(plan):
            continue
        found = True
        yield plan
    if not found:
        assert problem is not None
        raise problem


def cuts(shape: LayerShape, config: MachineConfig) -> Iterator[Plan]:
    """The plans among which those that fit are found, in the same order."""
    for lines in line_counts(shape.out_height):
        for chunk_beats in chunk_lengths(shape, config):
            for rows_outer in ORDERS:
                yield Plan(shape, config, lines, chunk_beats, rows_outer)


def repeats(plan: Plan) -> bool:
    """Whether the other order of its loops is the same order of passes, and comes first."""
    return plan.rows_outer and (plan.groups == 1 or plan.row_blocks == 1)


def line_counts(height: int) -> list[int]:
    """Every number of lines that another number of blocks needs, the largest first."""
    return sorted({-(-height // blocks) for blocks in range(1, height + 1)}, reverse=True)


def chunk_lengths(shape: LayerShape, config: MachineConfig) -> list[int]:
    """Beats of a chunk, the longest first."""
    beats = shape.row_beats(config)
    fewest = -(-beats // Units.of(config).half_beats)
    counts = range(fewest, fewest + EXTRA_CHUNKS + 1)
    return sorted({-(-beats // count) for count in counts}, reverse=True)
