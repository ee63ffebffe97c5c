"""The points of a sweep: what it runs over, and what comes of each machine."""

import itertools
import math
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from dittosim.options import MAX_IMAGES
from dittosim.points import Point, write_point
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config, make_config
from golden.workload.description import read_toml
from golden.workload.workload import load_workload
from sim.run.simulation import Simulation, simulate
from sim.tile.area import tile_area

MAX_POINTS = 100_000


class Space(BaseModel):
    """What a sweep runs over: the contents of SPACE.toml."""

    model_config = ConfigDict(extra="forbid")

    workload: str
    base: str = "small"
    mode: Mode = Mode.TEMPORAL
    steps: int | None = Field(default=None, ge=1, le=1000)
    images: int = Field(default=1, ge=1, le=MAX_IMAGES)
    seed: int = Field(default=0, ge=0)
    grid: dict[str, list[Any]] = Field(min_length=1)


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


class SweepPoint(Point):
    """A machine and its figures."""

    machine: MachineConfig
    workload: str
    mode: Mode
    steps: PositiveInt
    images: PositiveInt
    seed: int
    cycles: PositiveInt
    bound: PositiveFloat
    dense: PositiveFloat
    causes: dict[str, float] = Field(min_length=1)
    """Cycles by cause"""
    area_um2: NonNegativeFloat

    def row(self) -> dict[str, Any]:
        """One row of the results."""
        return {
            **self.machine.model_dump(mode="json"),
            "hash": self.key,
            **self.model_dump(mode="json", exclude={"key", "machine", "causes", "area_um2"}),
            "over_bound": self.cycles / self.bound,
            "speedup": self.dense / self.cycles,
            **{f"cycles_{cause}": value for cause, value in self.causes.items()},
            "area_um2": self.area_um2,
        }


def run_point(space: Space, machine: MachineConfig, path: Path) -> None:
    """Simulates one machine and writes its figures to ``path``, all of them or none."""
    simulation = Simulation(machine, [space.mode], threads=1)
    workload = load_workload(space.workload)
    simulate(
        workload,
        simulation,
        steps=space.steps,
        images=space.images,
        seed=space.seed,
        keep=True,
    )
    total = simulation.total(space.mode)
    point = SweepPoint(
        key=machine.digest(),
        machine=machine,
        workload=space.workload,
        mode=space.mode,
        steps=workload.steps(space.steps),
        images=space.images,
        seed=space.seed,
        cycles=total.cycles,
        bound=total.bound,
        dense=total.dense,
        causes=dict(total.causes),
        area_um2=machine.tiles_m * machine.tiles_n * tile_area(machine),
    )
    write_point(path, point)
