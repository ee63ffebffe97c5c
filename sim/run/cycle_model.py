"""What a cycle model says of a product."""

from typing import Protocol

import numpy as np

from golden.accelerator.program import LayerRun
from sim.run.array_events import ArrayEvents


class CycleModel(Protocol):
    """Stands for the tiles of a machine, whose programs it times."""

    def timed(self, run: LayerRun) -> tuple[LayerRun, np.ndarray]:
        """The product as memory sees it, and its passes' cycles, int64 (row_blocks, chunks)."""

    def events(self, run: LayerRun) -> ArrayEvents:
        """What its tiles do in the product."""
