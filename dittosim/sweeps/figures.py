"""Figures of a machine in a sweep."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt

from dittosim.energy.cost import DRAM
from dittosim.silicon.parts import Part
from golden.accelerator.counters import CAUSES


class Scope(StrEnum):
    """What is timed, and so what area and energy are of."""

    STEPS = "steps"
    TILES = "tiles"


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


def _snake(part: str) -> str:
    return part.lower().replace(" ", "_").replace("-", "_")


TILE_CAUSES = ("lane", "imbalance", "encoder", "row_end", "fill_drain", "idle_tiles")
ENERGY_PARTS = (*Part, "on-chip memories", "leakage of logic", "leakage of memories", DRAM)
FIGURES = {
    Scope.STEPS: {
        "cycles": int,
        "moved_bytes": int,
        "clock_ns": float,
        "logic_um2": float,
        "memories_um2": float,
        "time_ms": float,
        "area_mm2": float,
        "energy_uj": float,
        "power_mw": float,
        "energy_delay_uj_ms": float,
        "area_delay_mm2_ms": float,
        **{f"cycles_{cause}": int for cause in CAUSES},
        **{f"energy_uj_{_snake(part)}": float for part in ENERGY_PARTS},
    },
    Scope.TILES: {
        "cycles": int,
        "bound": float,
        "dense": float,
        "area_um2": float,
        "over_bound": float,
        "speedup": float,
        **{f"cycles_{cause}": float for cause in TILE_CAUSES},
    },
}
"""Columns of results by name, and their types"""
