"""Bursts at random for DRAM, in patterns that meet what its banks and its controller can do."""

import numpy as np

from golden.machine.config import MachineConfig
from sim.dram.replay import Request

PATTERNS = ("streams", "random", "one bank", "rows", "rests")


def random_traffic(
    rng: np.random.Generator, config: MachineConfig, pattern: str, count: int = 60
) -> list[Request]:
    """In order of their cycles, the first in cycle 0."""
    bus, timing = config.bus_bytes, config.dram.timing
    streams = rng.integers(0, 1 << 15, 3) * bus
    cycle, found = 0, []
    for _ in range(count):
        stream = rng.integers(3)
        if pattern == "streams":
            address = int(streams[stream])
        elif pattern == "one bank":
            address = int(rng.integers(2)) * timing.row_bytes * timing.groups * timing.banks * 8
        elif pattern == "rows":
            address = int(rng.integers(64)) * timing.row_bytes
        else:
            address = int(rng.integers(1 << 14)) * bus
        words = min(int(rng.integers(1, 17)), (4096 - address % 4096) // bus)
        streams[stream] += words * bus
        found.append(Request(cycle, address, words, bool(rng.random() < (0.2, 0.5, 0.9)[stream])))
        cycle += int(rng.integers(0, 12)) * int(rng.random() < 0.5)
        if pattern == "rests" and rng.random() < 0.03:
            # Refreshes fall due meanwhile.
            ticks = int(timing.refi * rng.uniform(0.8, 2.2))
            cycle += ticks * timing.tck_ps // config.dram.clock_ps
    return found
