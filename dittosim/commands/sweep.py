"""``dittosim sweep``: a grid of machines on a workload."""

import hashlib
import os
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console
from dittosim.energy.table import load_energies
from dittosim.files import whole_file
from dittosim.options import ForceOption
from dittosim.points import points_folder, run_points
from dittosim.sweep.point import SweepPoint
from dittosim.sweep.run import run_point
from dittosim.sweep.space import Scope, grid_points, load_space
from golden.errors import DittosimError
from golden.workload.workload import load_workload

RESULTS, PLOT = "results.parquet", "pareto.png"


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

    Cycles are exact, those of whole steps on the machine. Clock and area are fitted to machines
    that were mapped at 45 nm, energies scaled from those measured on small: dittosim ppa and
    dittosim energy measure the machine that is chosen. With scope = "tiles", cycles and logic of
    the tiles alone, as simulate --scope tiles has them. Writes results.parquet (pandas, polars)
    and pareto.png. SPACE.toml holds, for instance:

        workload = "digits-unet"

        base = "small"

        flow = "temporal"

        steps = 10

        [grid]

        lanes = [2, 4, 8]

        bus_bytes = [8, 16]
    """
    chosen = load_space(space)
    machines, refused = grid_points(chosen, str(space))
    workload = load_workload(chosen.workload)
    steps = workload.steps(chosen.steps)
    settings = f"{chosen.model_dump_json(exclude={'grid', 'base'})} {workload.digest} {steps}"
    if chosen.scope is Scope.STEPS:
        for table in sorted({chosen.energies(machine) for machine in machines}):
            energies = load_energies(table).model_dump_json()
            settings += f" {hashlib.sha256(energies.encode()).hexdigest()}"
    points = points_folder(output, "sweep", settings, RESULTS, PLOT, force=force)
    _tell(refused, len(machines) + len(refused), "are impossible")
    paths = {points / f"{machine.digest()}.json": (chosen, machine) for machine in machines}
    found = run_points("sweep", run_point, paths, jobs, SweepPoint)
    unable = [point.refused for point in found if point.refused]
    if len(unable) == len(found):
        raise DittosimError(
            f"no machine of the grid runs {chosen.workload}; the first: {unable[0]}"
        )
    _tell(unable, len(machines), f"do not run {chosen.workload}")

    # Only here: workers, and what is refused, do without.
    import pandas as pd

    from dittosim.sweep.front import pareto_front
    from dittosim.sweep.picture import plot_sweep
    from dittosim.sweep.tables import front_table

    fields = list(chosen.grid)
    results = pd.DataFrame([point.row() for point in found if point.figures])
    results["pareto"] = pareto_front(results, chosen.scope)
    with whole_file(output / RESULTS) as part:
        results.to_parquet(part)
    plot_sweep(results, chosen.scope, fields, output / PLOT)
    console.print(front_table(results, chosen.scope, fields))
    console.print(f"{output / RESULTS}, {output / PLOT}", soft_wrap=True)


def _tell(reasons: list[str], count: int, what: str) -> None:
    if reasons:
        console.print(
            f"{len(reasons)} of {count} points {what} and are left out; the first: {reasons[0]}"
        )
