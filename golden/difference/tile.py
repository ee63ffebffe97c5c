"""What a tile computes, without its timing."""

from dataclasses import dataclass

import numpy as np

from golden.difference.matmul import exact_product
from golden.formats.encoding import differences
from golden.machine.config import MachineConfig


@dataclass(frozen=True)
class Job:
    """What a tile does with a number of rows (:class:`rtl.tile.tile.Tile`)."""

    rows: int
    load: bool = False
    """Add the accumulators stored for the same rows."""
    carry: bool = False
    """Add the sum of the job's earlier rows."""
    emit: bool = True
    """Send the results out."""


class TileModel:
    """A tile's accumulator buffer and what jobs do to it."""

    def __init__(self, config: MachineConfig) -> None:
        self.stored = np.zeros((config.accumulator_depth, config.columns), np.int32)
        """int32 (accumulator_depth, columns)"""

    def run(
        self, job: Job, x: np.ndarray, reference: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """Results of ``job``, int32 (rows, columns), which also replace the stored accumulators.

        ``x`` and ``reference`` are int8 (rows, k), ``weights`` int8 (k, columns).
        """
        results = exact_product(differences(x, reference), weights)
        if job.carry:
            results = np.cumsum(results, axis=0, dtype=np.int32)
        if job.load:
            results = results + self.stored[: job.rows]
        self.stored[: job.rows] = results
        return results
