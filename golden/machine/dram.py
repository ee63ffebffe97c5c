"""DRAM behind the machine's bus: its standard, its channels, and the controller before it.

docs/dram.md says what the controller does.
"""

import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Standard(StrEnum):
    """Kinds of DRAM whose timing comes with dittosim, with its source (golden/machine/standards).

    Of HBM a channel is a pseudo channel.
    """

    DDR4_2400 = "ddr4-2400"
    DDR4_3200 = "ddr4-3200"
    LPDDR4_3200 = "lpddr4-3200"
    HBM2 = "hbm2"
    HBM3 = "hbm3"


class Timing(NamedTuple):
    """A channel; times in ticks of its clock (tCK), named as JEDEC's standards name them."""

    tck_ps: int
    """Picoseconds of a tick"""
    access_bytes: int
    """Bytes that one column command moves; a power of two"""
    row_bytes: int
    """Bytes of a row of one bank; a power of two"""
    groups: int
    """Bank groups; a power of two"""
    banks: int
    """Banks of a group; a power of two"""
    burst: int
    """Ticks that one column command has the data bus"""
    cl: int
    """Read to its data"""
    cwl: int
    """Write to its data"""
    rcd: int
    """Activate to read or write"""
    rp: int
    """Precharge to activate"""
    ras: int
    """Activate to precharge"""
    rfc: int
    """Refresh to activate"""
    refi: int
    """From one refresh to the next"""
    ccd_s: int
    """Column command to one of its kind, of another bank group"""
    ccd_l: int
    """... of the same bank group"""
    rrd_s: int
    """Activate to activate of another bank group"""
    rrd_l: int
    """... of the same bank group"""
    faw: int
    """Activate to the fourth one after it"""
    wr: int
    """End of a write's data to precharge"""
    rtp: int
    """Read to precharge"""
    wtr_s: int
    """End of a write's data to a read of another bank group"""
    wtr_l: int
    """... of the same bank group"""

    @property
    def read_to_write(self) -> int:
        """From a read to a write: the data bus rests two ticks (JESD79-4, 4.24)."""
        return self.cl + self.burst + 2 - self.cwl


@cache
def standard_timing(standard: Standard) -> Timing:
    """The timing of a standard, from the file that names its source."""
    path = resources.files("golden.machine").joinpath(f"standards/{standard}.toml")
    return Timing(**tomllib.loads(path.read_text()))


Place = Literal["row", "bank", "column", "group", "channel"]


class DramConfig(BaseModel):
    """DRAM, and the controller that the machine's bursts reach it by."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    PLACES: ClassVar[tuple[Place, ...]] = ("bank", "column", "group", "channel")
    """Of an address, but for the row, which has all bits that are left"""

    standard: Standard = Field(
        strict=False, description="timing of a channel: " + ", ".join(Standard)
    )
    channels: int = Field(
        default=1, ge=1, le=32, description="channels, of HBM pseudo channels; a power of two"
    )
    clock_ps: int = Field(
        default=1000, ge=100, le=100_000, description="picoseconds of a cycle of the machine"
    )
    mapping: tuple[Place, ...] = Field(
        default=("row", "bank", "column", "group", "channel"),
        strict=False,
        description="what the bits of an address above an access are, the highest first: row, "
        "bank, column, group and channel in an order that begins with row",
    )
    window: int = Field(
        default=8, ge=1, le=32, description="bursts whose accesses the controller has before it"
    )
    write_batch: int = Field(
        default=8,
        ge=1,
        le=16,
        description="writes that go before reads when so many wait (or outstanding_writes do)",
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        return {"standard": values} if isinstance(values, str) else values

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.channels.bit_count() != 1:
            raise ValueError(f"channels = {self.channels}: must be a power of two")
        if sorted(self.mapping) != sorted(("row", *self.PLACES)) or self.mapping[0] != "row":
            raise ValueError(
                f"mapping = {list(self.mapping)}: must name row, bank, column, group and channel "
                "once each, row first"
            )
        return self

    @property
    def timing(self) -> Timing:
        """Of each channel."""
        return standard_timing(self.standard)

    @property
    def bits(self) -> dict[str, int]:
        """Bits of an address that each place but the row takes."""
        timing = self.timing
        counts = {
            "bank": timing.banks,
            "column": timing.row_bytes // timing.access_bytes,
            "group": timing.groups,
            "channel": self.channels,
        }
        return {name: count.bit_length() - 1 for name, count in counts.items()}

    @property
    def shifts(self) -> dict[str, int]:
        """Where the bits of each place begin in an address."""
        shift = self.timing.access_bytes.bit_length() - 1
        found: dict[str, int] = {}
        for name in reversed(self.mapping):
            found[name] = shift
            shift += self.bits.get(name, 0)
        return found

    @property
    def peak(self) -> float:
        """Bytes in a cycle of the machine that all channels move at most."""
        timing = self.timing
        ticks = max(timing.burst, timing.ccd_s)
        return self.channels * timing.access_bytes / ticks * self.clock_ps / timing.tck_ps
