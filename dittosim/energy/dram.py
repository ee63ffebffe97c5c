"""Kinds of memory outside the machine, and what they take of what is counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sim.dram.counts import DramCounts

WRITTEN = ("results", "vector_written")
"""Kinds of bytes that the machine writes"""


class Dram(StrEnum):
    """Kinds of it."""

    LPDDR4 = "lpddr4"
    DDR3 = "ddr3"
    DDR4_2400 = "ddr4-2400"
    DDR4_3200 = "ddr4-3200"
    HBM2 = "hbm2"
    HBM3 = "hbm3"


@dataclass(frozen=True)
class Commands:
    """What DRAM takes besides the bits that are asked for, of all channels."""

    access_bytes: int
    """All of which move, whatever part of them was asked for"""
    activation_pj: float
    refresh_pj: float
    standby_mw: float


@dataclass(frozen=True)
class DramEnergy:
    """What a kind of DRAM takes."""

    kind: Dram
    read_pj_bit: float
    write_pj_bit: float
    source: str
    commands: Commands | None = None
    """None where the figures of bits have it all"""

    @property
    def said(self) -> str:
        """In words."""
        bits = f"{self.read_pj_bit:g} pJ a bit of DRAM"
        if self.read_pj_bit != self.write_pj_bit:
            bits = (
                f"{self.read_pj_bit:.2f} pJ a bit read from DRAM, {self.write_pj_bit:.2f} written"
            )
        if of := self.commands:
            bits += (
                f", {of.activation_pj / 1e3:.2f} nJ an activation, {of.refresh_pj / 1e3:.0f} nJ a "
                f"refresh, {of.standby_mw:.0f} mW standby"
            )
        return bits

    def bytes_pj(self, kind: str, size: int) -> float:
        """Picojoules of ``size`` bytes of a kind that the machine counts."""
        return 8 * size * (self.write_pj_bit if kind in WRITTEN else self.read_pj_bit)

    def commands_pj(
        self, moved: Mapping[str, int], counts: DramCounts | None, nanoseconds: float
    ) -> dict[str, float]:
        """Picojoules by cause of what ``counts`` says, in so long a time; none without them.

        ``moved`` are the bytes of each kind that were asked for meanwhile.
        """
        of = self.commands
        if of is None or counts is None:
            return {}
        written = sum(moved[kind] for kind in WRITTEN)
        read = sum(moved.values()) - written
        more_read = counts.reads * of.access_bytes - read
        more_written = counts.writes * of.access_bytes - written
        assert min(more_read, more_written) >= 0
        return {
            "activations": counts.activations * of.activation_pj,
            "refreshes": counts.refreshes * of.refresh_pj,
            "standby": of.standby_mw * nanoseconds,
            "bytes beside those asked for": 8
            * (more_read * self.read_pj_bit + more_written * self.write_pj_bit),
        }
