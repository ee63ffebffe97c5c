"""``dittosim sweep``: many machines on workloads."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.options import ForceOption
from dittosim.sweeps.lattice import Candidate, Lattice
from dittosim.sweeps.space import load_space
from golden.errors import DittosimError
from golden.workload.workload import load_workload


def sweep(
    space: Annotated[Path, typer.Argument(metavar="SPACE.toml", help="What to sweep over.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path(
        "sweep"
    ),
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Points at once; all cores if absent.")
    ] = os.cpu_count() or 1,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Compute on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786, "
            "instead of on this machine.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Simulate many machines of a space; interrupted, the same command goes on where it stopped.

    Cycles are exact, those of whole steps on the machine. Clock and area are fitted to machines
    that were mapped at 45 nm, energies scaled from those measured on small: dittosim ppa and
    dittosim energy measure the machine that is chosen. With scope = "tiles", cycles and logic of
    the tiles alone, as simulate --scope tiles has them. Writes results.parquet (pandas, polars)
    and pareto.png. SPACE.toml holds, for instance:

        workload = "digits-unet"

        base = "small"

        flow = ["temporal", "defo"]

        steps = 10

        [grid]

        lanes = [2, 4, 8]

        memory_interval = { from = 1, to = 8, times = 2 }

    All combinations are points, or those that [random] draws or [search] finds: docs/sweeps.md.
    """
    chosen = load_space(space)
    lattice = Lattice(chosen, str(space))
    candidates: list[Candidate] = []
    if not chosen.search:
        random = chosen.random
        candidates = lattice.drawn(random.points, random.seed) if random else lattice.every()
    workloads = {name: load_workload(name) for name in chosen.workloads}

    # Only here: what is refused does without.
    import pyarrow as pa

    from dittosim.sweeps.picture import plot_sweep
    from dittosim.sweeps.store import PLOT, RESULTS, Store
    from dittosim.sweeps.sweeping import Sweep
    from dittosim.sweeps.tables import MOST, front_table

    with Store.opened(output, chosen, workloads, force=force) as store:
        with progress() as bar:
            work = Sweep(chosen, lattice, candidates, workloads, store, bar)
            try:
                work.run(jobs, scheduler)
            except KeyboardInterrupt:
                store.save()
                print(
                    f"interrupted: {work.done} of {work.total} points are done; the same command "
                    "does the rest",
                    file=sys.stderr,
                )
                sys.exit(130)
        store.save()
        left_out, unable = lattice.left_out, work.refused()
        combinations = left_out.count + work.candidates_asked
        _tell(left_out.impossible, combinations, "are impossible")
        if left_out.excluded:
            console.print(
                f"{left_out.excluded} of {combinations} points break a condition and are left out"
            )
        names = ", ".join(workloads)
        if len(unable) == len(work.asked):
            raise DittosimError(f"no machine of the grid runs {names}; the first: {unable[0]}")
        _tell(unable, len(work.asked), f"do not run {names}")
        results = work.results()
        store.write_results(pa.Table.from_pandas(results, preserve_index=False))
        plot_sweep(results, chosen, output / PLOT)
    console.print(front_table(results, chosen))
    more = int(results["pareto"].sum()) - MOST
    if more > 0:
        console.print(f"... and {more} more, see the column pareto")
    console.print(f"{output / RESULTS}, {output / PLOT}", soft_wrap=True)


def _tell(reasons: list[str], count: int, what: str) -> None:
    if reasons:
        console.print(
            f"{len(reasons)} of {count} points {what} and are left out; the first: {reasons[0]}"
        )
