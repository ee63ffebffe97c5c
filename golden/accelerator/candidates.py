"""All plans of a layer that a machine can run."""

from collections.abc import Iterator

from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.accelerator.units import Units
from golden.config import MachineConfig
from golden.errors import DittosimError
from golden.matmul import Mode


def candidates(shape: LayerShape, mode: Mode, config: MachineConfig) -> Iterator[Plan]:
    """Plans that fit, the largest blocks first; DittosimError if there is none.

    Lines per tile go down from what fits by the number of blocks they make; k is cut into as few
    chunks as possible, of equal length.
    """
    units = Units.of(config)
    beats = shape.row_beats(config)
    chunks = -(-beats // units.half_beats)
    chunk_beats = -(-beats // chunks)
    orders = (False, True)
    found = False
    problem: DittosimError | None = None
    for lines in _line_counts(shape.out_height):
        for rows_outer in orders:
            plan = Plan(shape, config, lines, chunk_beats, rows_outer)
            try:
                plan.check(mode)
            except DittosimError as error:
                problem = error
                continue
            if rows_outer and (plan.groups == 1 or plan.row_blocks == 1):
                continue  # the same order of passes
            found = True
            yield plan
    if not found:
        assert problem is not None
        raise problem


def _line_counts(height: int) -> list[int]:
    """Every number of lines that another number of blocks needs, the largest first."""
    return sorted({-(-height // blocks) for blocks in range(1, height + 1)}, reverse=True)
