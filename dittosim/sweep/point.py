"""A machine of a sweep and its figures, as its file holds them."""

from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from dittosim.flows import FlowName
from dittosim.points import Point
from golden.machine.config import MachineConfig


class TileFigures(BaseModel):
    """Of the tiles alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycles: PositiveInt
    bound: PositiveFloat
    dense: PositiveFloat
    causes: dict[str, float] = Field(min_length=1)
    """Cycles by cause"""
    area_um2: PositiveFloat
    """Logic of all tiles"""

    def columns(self) -> dict[str, Any]:
        """Of a row of the results."""
        return {
            **self.model_dump(mode="json", exclude={"causes"}),
            "over_bound": self.cycles / self.bound,
            "speedup": self.dense / self.cycles,
            **{f"cycles_{cause}": value for cause, value in self.causes.items()},
        }


class MachineFigures(BaseModel):
    """Of a whole machine, in whole steps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycles: PositiveInt
    causes: dict[str, NonNegativeInt] = Field(min_length=1)
    """Cycles by cause"""
    moved_bytes: PositiveInt
    clock_ns: PositiveFloat
    logic_um2: PositiveFloat
    memories_um2: PositiveFloat
    energy_pj: dict[str, float] = Field(min_length=1)
    """By part of the machine"""

    @property
    def area_mm2(self) -> float:
        """Logic and memories."""
        return (self.logic_um2 + self.memories_um2) / 1e6

    @property
    def time_ms(self) -> float:
        """All cycles at that clock."""
        return self.cycles * self.clock_ns / 1e6

    @property
    def energy_uj(self) -> float:
        """Of all parts."""
        return sum(self.energy_pj.values()) / 1e6

    def columns(self) -> dict[str, Any]:
        """Of a row of the results."""
        return {
            **self.model_dump(mode="json", exclude={"causes", "energy_pj"}),
            "time_ms": self.time_ms,
            "area_mm2": self.area_mm2,
            "energy_uj": self.energy_uj,
            "power_mw": self.energy_uj / self.time_ms,
            "energy_delay_uj_ms": self.energy_uj * self.time_ms,
            "area_delay_mm2_ms": self.area_mm2 * self.time_ms,
            **{f"cycles_{cause}": value for cause, value in self.causes.items()},
            **{f"energy_uj_{_snake(part)}": each / 1e6 for part, each in self.energy_pj.items()},
        }


class SweepPoint(Point):
    """A machine and its figures, or why it does not run the workload."""

    machine: MachineConfig
    workload: str
    flow: FlowName
    steps: PositiveInt
    images: PositiveInt
    seed: int
    figures: MachineFigures | TileFigures | None
    refused: str | None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.figures is None) == (self.refused is None):
            raise ValueError("a point has either figures or the reason why there are none")
        return self

    def row(self) -> dict[str, Any]:
        """One row of the results."""
        run = self.model_dump(mode="json", include={"workload", "flow", "steps", "images", "seed"})
        columns = self.figures.columns() if self.figures else {}
        return {**self.machine.model_dump(mode="json"), "hash": self.key, **run, **columns}


def _snake(part: str) -> str:
    return part.lower().replace(" ", "_").replace("-", "_")
