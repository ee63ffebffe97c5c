"""What a sweep runs over: a file that names a workload, and the fields of machines that vary."""

import itertools
import math
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dittosim.energy.dram import Dram
from dittosim.energy.table import shipped_for
from dittosim.flows import MODES, FlowName
from dittosim.options import MAX_IMAGES
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config, make_config
from golden.workload.description import read_toml

MAX_POINTS = 100_000


class Scope(StrEnum):
    """What is timed, and so what area and energy are of."""

    STEPS = "steps"
    TILES = "tiles"


class Space(BaseModel):
    """What a sweep runs over: the contents of SPACE.toml."""

    model_config = ConfigDict(extra="forbid")

    workload: str
    base: str = "small"
    scope: Scope = Scope.STEPS
    flow: FlowName = FlowName.TEMPORAL
    steps: int | None = Field(default=None, ge=1, le=1000)
    images: int = Field(default=1, ge=1, le=MAX_IMAGES)
    seed: int = Field(default=0, ge=0)
    energy: str | None = None
    dram: Dram | None = None
    grid: dict[str, list[Any]] = Field(min_length=1)

    def energies(self, machine: MachineConfig) -> str:
        """The table of energies for a machine, by name or path."""
        return self.energy or shipped_for(machine)

    @model_validator(mode="after")
    def _of_one_scope(self) -> Self:
        if self.flow is FlowName.FLOAT:
            raise ValueError("flow = 'float': machines compute in integers; choose another flow")
        if self.scope is Scope.TILES:
            if self.flow not in MODES:
                raise ValueError(
                    f"flow = '{self.flow}': tiles alone have no flow that chooses; use "
                    f"{', '.join(MODES)}, or scope = 'steps'"
                )
            if self.energy or self.dram:
                raise ValueError("energy and dram are of whole steps: leave them out of tiles")
        return self


def load_space(path: Path) -> Space:
    """Reads a space; DittosimError names the file and what is wrong in it."""
    return read_toml(path, Space)


def grid_points(space: Space, source: str) -> tuple[list[MachineConfig], list[str]]:
    """The possible machines of the grid, and why the others are impossible.

    Raises DittosimError for a field that does not exist, or if no machine is possible.
    """
    base = load_config(space.base).model_dump()
    for field, values in space.grid.items():
        if field not in MachineConfig.model_fields:
            fields = ", ".join(MachineConfig.model_fields)
            raise DittosimError(f"{source}: grid: unknown field '{field}'; the fields are {fields}")
        if not values:
            raise DittosimError(f"{source}: grid: '{field}' has no values")
    count = math.prod(map(len, space.grid.values()))
    if count > MAX_POINTS:
        raise DittosimError(
            f"{source}: grid: {count:,} points; at most {MAX_POINTS:,} are possible"
        )
    machines, refused = [], []
    for point in itertools.product(*space.grid.values()):
        try:
            machines.append(
                make_config({**base, **dict(zip(space.grid, point, strict=True))}, source)
            )
        except DittosimError as error:
            refused.append(str(error))
    if not machines:
        raise DittosimError(f"no point of the grid is possible; the first: {refused[0]}")
    return machines, refused
