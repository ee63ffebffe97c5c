"""``dittosim sweep``: a grid of configurations on a workload."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dittosim.console import console, result_table
from dittosim.files import whole_file
from dittosim.options import ForceOption
from dittosim.points import points_folder, run_points
from dittosim.sweep_points import SweepPoint, grid_points, load_space, run_point
from golden.workload.workload import load_workload

RESULTS, PLOT = "results.parquet", "pareto.png"

if TYPE_CHECKING:
    import pandas as pd


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

    Cycles are those of the tiles alone, as `simulate --scope tiles` counts them. Writes
    results.parquet (pandas, polars) and pareto.png. SPACE.toml holds, for instance:

        workload = "digits-unet"

        base = "small"

        mode = "temporal"

        [grid]

        beat_elements = [8, 16, 32]

        fifo_depth = [2, 4, 8]
    """
    chosen = load_space(space)
    machines, refused = grid_points(chosen, str(space))
    workload = load_workload(chosen.workload)
    steps = workload.steps(chosen.steps)
    settings = f"{chosen.model_dump_json(exclude={'grid', 'base'})} {workload.digest} {steps}"
    points = points_folder(output, "sweep", settings, RESULTS, PLOT, force=force)
    if refused:
        console.print(
            f"{len(refused)} of {len(refused) + len(machines)} points are impossible and left out; "
            f"the first: {refused[0]}"
        )
    paths = {points / f"{machine.digest()}.json": (chosen, machine) for machine in machines}
    found = run_points("sweep", run_point, paths, jobs, SweepPoint)

    # Only here: workers, and what is refused, do without.
    import pandas as pd

    from dittosim.plots import pareto_front, plot_pareto

    results = pd.DataFrame([point.row() for point in found])
    results["pareto"] = pareto_front(results)
    with whole_file(output / RESULTS) as part:
        results.to_parquet(part)
    plot_pareto(results, list(chosen.grid), output / PLOT)
    _print(results, list(chosen.grid))
    console.print(f"{output / RESULTS}, {output / PLOT}", soft_wrap=True)


def _print(results: "pd.DataFrame", fields: list[str]) -> None:
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
