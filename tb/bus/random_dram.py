"""DRAM and controllers at random, by seed."""

import numpy as np

from golden.machine.dram import DramConfig, Place, Standard

MAPPINGS: tuple[tuple[Place, ...], ...] = (
    ("row", "bank", "column", "group", "channel"),
    ("row", "column", "bank", "group", "channel"),
    ("row", "channel", "group", "bank", "column"),
)
"""Of which the second opens a row with almost every access"""


def random_dram(rng: np.random.Generator, standard: Standard | None = None) -> DramConfig:
    """A DRAM of a standard, or of any, with a controller."""
    standards = list(Standard)
    return DramConfig(
        standard=standard or standards[rng.integers(len(standards))],
        channels=int(rng.choice([1, 2, 4])),
        clock_ps=int(rng.choice([625, 1000, 1700, 5000])),
        mapping=MAPPINGS[rng.integers(len(MAPPINGS))],
        window=int(rng.choice([1, 2, 5, 8])),
        write_batch=int(rng.choice([1, 3, 8])),
    )
