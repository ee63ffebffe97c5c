"""Random machines for tests."""

import numpy as np

from golden.formats.encoding import Encoding
from golden.machine.config import PAGE_BYTES, MachineConfig
from golden.machine.tile_kind import TileKind


def random_config(rng: np.random.Generator, tile: TileKind = TileKind.DITTO) -> MachineConfig:
    """A small machine of any shape."""
    lanes = int(rng.integers(1, 7))
    per_lane = int(2 ** rng.integers(0, 4))
    return MachineConfig(
        tile=tile,
        lanes=lanes,
        columns=int(rng.choice([1, 2, 3, 5, 17])),
        beat_elements=lanes * per_lane,
        fifo_depth=int(rng.integers(1, 6)),
        rows_in_flight=1 if tile is TileKind.DENSE else int(rng.integers(1, 3)),
        encoding=Encoding(rng.choice(list(Encoding))),
        weight_depth=per_lane * int(rng.integers(1, 9)),
        accumulator_depth=int(rng.integers(1, 20)),
        bus_bytes=int(2 ** rng.integers(2, 8)),
        burst_words=int(rng.choice([1, 3, 16, 100, 256])),
        outstanding_reads=int(rng.integers(1, 9)),
        outstanding_writes=int(rng.integers(1, 9)),
        memory_latency=int(rng.integers(1, 80)),
        memory_interval=int(rng.integers(1, 4)),
        scratchpad_bytes=_scratchpad(rng),
    )


def _scratchpad(rng: np.random.Generator) -> int:
    """None, or some pages."""
    return PAGE_BYTES * int(rng.choice([0, 0, 1, 3, 16]))


def random_accelerator(rng: np.random.Generator, tile: TileKind = TileKind.DITTO) -> MachineConfig:
    """A small machine of any shape that makes an accelerator."""
    lanes = int(rng.choice([1, 2, 3, 4]))
    per_lane = 4 if lanes == 3 else int(2 ** rng.integers(0, 3))
    beat = lanes * per_lane
    buses = [bus for bus in (4, 8, 16, 32) if max(beat, bus) % min(beat, bus) == 0]
    tiles_m, tiles_n = ((1, 1), (1, 2), (2, 1), (3, 1), (2, 2))[int(rng.integers(5))]
    return MachineConfig(
        tile=tile,
        lanes=lanes,
        columns=int(rng.choice([1, 3, 4, 8, 17])),
        tiles_m=tiles_m,
        tiles_n=tiles_n,
        beat_elements=beat,
        fifo_depth=int(rng.integers(1, 4)),
        rows_in_flight=1 if tile is TileKind.DENSE else int(rng.integers(1, 3)),
        encoding=Encoding(rng.choice(list(Encoding))),
        weight_depth=per_lane * int(rng.integers(2, 9)),
        accumulator_depth=int(rng.integers(8, 40)),
        input_beats=int(2 ** rng.integers(6, 11)),
        previous_words=int(2 ** rng.integers(9, 12)),
        bus_bytes=int(rng.choice(buses)),
        burst_words=int(rng.choice([1, 3, 16, 100, 256])),
        outstanding_reads=int(rng.integers(1, 9)),
        outstanding_writes=int(rng.integers(1, 9)),
        memory_latency=int(rng.integers(1, 80)),
        memory_interval=int(rng.integers(1, 4)),
        vector_bits=int(2 ** rng.integers(3, 6)),
        vector_words=int(2 ** rng.integers(4, 11)),
        vector_channels=int(2 ** rng.integers(7, 11)),
        scratchpad_bytes=_scratchpad(rng),
    )
