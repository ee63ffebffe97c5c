"""How a layer is cut into what tiles do in one go.

Rows are spread over ``tiles_m`` tiles in blocks that their accumulator buffers hold, the elements
of a row are cut into chunks that the weight banks hold, output channels into blocks of
``columns``. Every block of rows is a denoising problem of its own: its first row has no row
before it, so SPATIAL differences begin anew there.
"""

from dataclasses import dataclass
from itertools import pairwise

from golden.machine.config import MachineConfig


@dataclass(frozen=True)
class Mapping:
    """The blocks of a layer of ``rows`` rows of ``k`` elements and ``columns`` output channels."""

    row_blocks: tuple[slice, ...]
    """Block b belongs to tile b mod tiles_m."""
    k_chunks: tuple[slice, ...]
    column_blocks: tuple[slice, ...]
    """Block b belongs to tile b mod tiles_n."""

    @classmethod
    def of(cls, rows: int, k: int, columns: int, config: MachineConfig) -> "Mapping":
        """The mapping of a layer to a machine."""
        rounds = -(-rows // (config.tiles_m * config.accumulator_depth))
        blocks = min(rows, rounds * config.tiles_m)
        size = rows / blocks
        edges = [int(number * size) for number in range(blocks)] + [rows]
        return cls(
            tuple(slice(a, b) for a, b in pairwise(edges)),
            _cut(k, config.max_k),
            _cut(columns, config.columns),
        )


def _cut(length: int, size: int) -> tuple[slice, ...]:
    return tuple(slice(a, min(a + size, length)) for a in range(0, length, size))
