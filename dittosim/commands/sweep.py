"""``dittosim sweep``: a grid of configurations on a workload."""

import itertools
import json
import math
import os
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from pydantic import BaseModel, ConfigDict, Field

from dittosim.console import console, result_table
from dittosim.files import whole_file
from dittosim.options import ForceOption
from dittosim.plots import pareto_front, plot_pareto
from dittosim.points import points_folder, run_points
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config, make_config
from golden.workload.description import read_toml
from golden.workload.workload import load_workload
from sim.run.simulation import Simulation, simulate
from sim.tile.area import tile_area

MAX_POINTS = 100_000

RESULTS, PLOT = "results.parquet", "pareto.png"


class Space(BaseModel):
    """What a sweep runs over: the contents of SPACE.toml."""

    model_config = ConfigDict(extra="forbid")

    workload: str
    base: str = "small"
    mode: Mode = Mode.TEMPORAL
    steps: int | None = Field(default=None, ge=1, le=1000)
    images: int = Field(default=1, ge=1)
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


def run_point(space: Space, machine: MachineConfig, path: Path) -> None:
    """Simulates one machine and writes its figures to ``path``, all of them or none."""
    simulation = Simulation(machine, [space.mode], threads=1)
    workload = load_workload(space.workload)
    simulate(workload, simulation, steps=space.steps, images=space.images, seed=space.seed)
    total = simulation.total(space.mode)
    figures = {
        **machine.model_dump(mode="json"),
        "hash": machine.digest(),
        "workload": space.workload,
        "mode": space.mode.value,
        "steps": workload.steps(space.steps),
        "images": space.images,
        "seed": space.seed,
        "cycles": total.cycles,
        "bound": total.bound,
        "dense": total.dense,
        "over_bound": total.cycles / total.bound,
        "speedup": total.dense / total.cycles,
        **{f"cycles_{cause}": value for cause, value in total.causes.items()},
        "area_um2": machine.tiles_m * machine.tiles_n * tile_area(machine),
    }
    with whole_file(path) as part:
        part.write_text(json.dumps(figures))


def sweep(
    space: Annotated[Path, typer.Argument(metavar="SPACE.toml", help="What to sweep over.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path(
        "sweep"
    ),
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Points at once; all cores if absent.")
    ] = os.cpu_count() or 1,
    force: ForceOption = False,
) -> None:
    """Simulate every machine of a grid; interrupted, the same command goes on where it stopped.

    Writes results.parquet (pandas, polars) and pareto.png. SPACE.toml holds, for instance:

        workload = "digits-unet"

        base = "small"

        mode = "temporal"

        [grid]

        beat_elements = [8, 16, 32]

        fifo_depth = [2, 4, 8]
    """
    chosen = load_space(space)
    machines, refused = grid_points(chosen, str(space))
    load_workload(chosen.workload)
    settings = chosen.model_dump_json(exclude={"grid", "base"})
    points = points_folder(output, "sweep", settings, RESULTS, PLOT, force=force)
    if refused:
        console.print(
            f"{len(refused)} of {len(refused) + len(machines)} points are impossible and left out; "
            f"the first: {refused[0]}"
        )
    paths = {points / f"{machine.digest()}.json": (chosen, machine) for machine in machines}
    run_points("sweep", run_point, paths, jobs)
    results = pd.DataFrame([json.loads(path.read_text()) for path in paths])
    results["pareto"] = pareto_front(results)
    with whole_file(output / RESULTS) as part:
        results.to_parquet(part)
    plot_pareto(results, list(chosen.grid), output / PLOT)
    _print(results, list(chosen.grid))
    console.print(f"{output / RESULTS}, {output / PLOT}", soft_wrap=True)


def _print(results: pd.DataFrame, fields: list[str]) -> None:
    names = [field.replace("_", "\n") for field in fields]
    numbers = (*names[1:], "cycles", "over\nbound", "area\nmm2", "cycles\nx area")
    table = result_table("Pareto-optimal machines: cycles against area", names[0], *numbers)
    for column in table.columns:  # a grid of many fields is wider than any terminal
        column.no_wrap, column.overflow = False, "fold"
    front = results[results["pareto"]].sort_values("cycles")
    for _, row in front.iterrows():
        area = row["area_um2"] / 1e6
        table.add_row(
            *(str(row[field]) for field in fields),
            f"{row['cycles']:,}",
            f"{row['over_bound']:.3f}",
            f"{area:.3f}",
            f"{row['cycles'] * area / 1e6:.2f} M",
        )
    console.print(table)
