"""What a sweep runs over: a file that names workloads, and the fields of machines that vary."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dittosim.energy.dram import Dram
from dittosim.energy.table import SHIPPED, SHIPPED_DENSE, shipped_for
from dittosim.flows import MODES, FlowName
from dittosim.options import MAX_IMAGES
from dittosim.sweeps.figures import FIGURES, Scope
from golden.machine.config import MachineConfig
from golden.workload.description import read_toml

MAX_POINTS = 100_000


class Range(BaseModel):
    """Whole numbers from one to another, both included, ``step`` apart or each ``times`` the last.

    The last is left out where no step ends there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: int = Field(alias="from")
    to: int
    step: int | None = Field(default=None, ge=1)
    times: int | None = Field(default=None, ge=2)

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.first > self.to:
            raise ValueError(
                f"from = {self.first} is above to = {self.to}: give the smaller one first"
            )
        if self.step and self.times:
            raise ValueError("step and times: give one of them")
        if self.times and self.first < 1:
            raise ValueError(f"from = {self.first}: times needs a number above 0 to begin with")
        if self.count > MAX_POINTS:
            raise ValueError(f"{self.count:,} values; at most {MAX_POINTS:,} are possible")
        return self

    @property
    def count(self) -> int:
        """How many they are, without making them."""
        if not self.times:
            return len(range(self.first, self.to + 1, self.step or 1))
        count, value = 0, self.first
        while value <= self.to:
            count, value = count + 1, value * self.times
        return count

    @property
    def values(self) -> list[int]:
        """The numbers, rising."""
        if not self.times:
            return list(range(self.first, self.to + 1, self.step or 1))
        return [self.first * self.times**n for n in range(self.count)]


Axis = Annotated[list[Any], Field(min_length=1)] | Range
"""Values of a field"""


class Random(BaseModel):
    """Points of the grid drawn at random, each once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: int = Field(ge=1, le=MAX_POINTS)
    seed: int = Field(default=0, ge=0)


class SamplerName(StrEnum):
    """Of Optuna's."""

    TPE = "tpe"
    NSGA2 = "nsga2"


class Search(BaseModel):
    """Points of the grid that Optuna proposes, each once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: int = Field(ge=1, le=MAX_POINTS)
    seed: int = Field(default=0, ge=0)
    sampler: SamplerName = SamplerName.TPE
    batch: int = Field(default=8, ge=1, le=1000)
    """Proposed at a time, before any of them is known"""


class Goal(StrEnum):
    """What is better."""

    MIN = "min"
    MAX = "max"


class Space(BaseModel):
    """What a sweep runs over: the contents of SPACE.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workload: str | Annotated[list[str], Field(min_length=1)]
    base: str = "small"
    scope: Scope = Scope.STEPS
    flow: FlowName | Annotated[list[FlowName], Field(min_length=1)] = FlowName.TEMPORAL
    steps: int | None = Field(default=None, ge=1, le=1000)
    images: int = Field(default=1, ge=1, le=MAX_IMAGES)
    seed: int = Field(default=0, ge=0)
    energy: str | None = None
    dram: Dram | None = None
    conditions: tuple[str, ...] = ()
    objectives: dict[str, Goal] | None = Field(default=None, min_length=1)
    grid: dict[str, Axis] = Field(min_length=1)
    random: Random | None = None
    search: Search | None = None

    @property
    def workloads(self) -> list[str]:
        """Their names or paths, each once."""
        names = [self.workload] if isinstance(self.workload, str) else self.workload
        return list(dict.fromkeys(names))

    @property
    def flows(self) -> list[FlowName]:
        """Each once."""
        flows = [self.flow] if isinstance(self.flow, FlowName) else self.flow
        return list(dict.fromkeys(flows))

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The values of each field, each once."""
        return {
            name: axis.values if isinstance(axis, Range) else _each_once(axis)
            for name, axis in self.grid.items()
        }

    @property
    def goals(self) -> dict[str, Goal]:
        """By figure; those of the scope if none are named."""
        return self.objectives or dict.fromkeys(OBJECTIVES[self.scope], Goal.MIN)

    def energies(self, machine: MachineConfig) -> str:
        """The table of energies for a machine, by name or path."""
        return self.energy or shipped_for(machine)

    @property
    def energy_tables(self) -> list[str]:
        """All that :meth:`energies` may name."""
        if self.scope is Scope.TILES:
            return []
        return [self.energy] if self.energy else [SHIPPED, SHIPPED_DENSE]

    @model_validator(mode="after")
    def _of_one_scope(self) -> Self:
        for flow in self.flows:
            if flow is FlowName.FLOAT:
                raise ValueError(
                    "flow = 'float': machines compute in integers; choose another flow"
                )
            if self.scope is Scope.TILES and flow not in MODES:
                raise ValueError(
                    f"flow = '{flow}': tiles alone have no flow that chooses; use "
                    f"{', '.join(MODES)}, or scope = 'steps'"
                )
        if self.scope is Scope.TILES and (self.energy or self.dram):
            raise ValueError("energy and dram are of whole steps: leave them out of tiles")
        if self.random and self.search:
            raise ValueError("random and search: points are drawn or searched; give one of them")
        for name in self.objectives or ():
            if name not in FIGURES[self.scope]:
                raise ValueError(
                    f"objectives: scope = '{self.scope}' has no figure '{name}'; there are "
                    f"{', '.join(FIGURES[self.scope])}"
                )
        return self


def _each_once(values: list[Any]) -> list[Any]:
    # Not by a dictionary, to which 1 and true are the same.
    known: list[tuple[type, Any]] = []
    for value in values:
        if (type(value), value) not in known:
            known.append((type(value), value))
    return [value for _, value in known]


OBJECTIVES = {
    Scope.STEPS: ("time_ms", "area_mm2", "energy_uj"),
    Scope.TILES: ("cycles", "area_um2"),
}
"""Figures that are to be small where a space names no objectives"""


def load_space(path: Path) -> Space:
    """Reads a space; DittosimError names the file and what is wrong in it."""
    return read_toml(path, Space)
