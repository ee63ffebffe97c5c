"""What DRAM did."""

from dataclasses import dataclass

import numpy as np

from golden.machine.dram import DramConfig
from sim.dram.state import Dram


@dataclass(frozen=True)
class DramCounts:
    """Commands of all channels."""

    reads: int = 0
    """Accesses"""
    writes: int = 0
    activations: int = 0
    refreshes: int = 0
    """Of each channel, before the last access"""

    @classmethod
    def of(cls, dram: Dram) -> "DramCounts":
        """So far."""
        controller: np.void = dram.controller[0]
        return cls(
            int(controller["accesses_read"]),
            int(controller["accesses_written"]),
            int(controller["activations"]),
            int(controller["refreshes"]),
        )

    def __add__(self, other: "DramCounts") -> "DramCounts":
        return DramCounts(
            self.reads + other.reads,
            self.writes + other.writes,
            self.activations + other.activations,
            self.refreshes + other.refreshes,
        )

    @property
    def accesses(self) -> int:
        """Reads and writes."""
        return self.reads + self.writes

    @property
    def row_hits(self) -> float:
        """Share of accesses that found their row open; what a refresh closes counts as a miss."""
        return 1 - self.activations / self.accesses if self.accesses else 0.0

    def of_peak(self, dram: DramConfig, cycles: int) -> float:
        """What moved in so many cycles, as a share of what the channels could have moved."""
        return self.accesses * dram.timing.access_bytes / (cycles * dram.peak)
