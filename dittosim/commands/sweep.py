"""``dittosim sweep``: many machines on workloads."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dittosim.api.sweep import NoPointError, SweepInterrupted
from dittosim.api.sweep import sweep as run_sweep
from dittosim.console import print_parts
from dittosim.files import check_writable, say_written, write_json
from dittosim.options import ForceOption, JsonOption, all_cores, output_option


def sweep(
    space: Annotated[Path, typer.Argument(metavar="SPACE.toml", help="What to sweep over.")],
    output: Annotated[Path, output_option("DIR", "Folder for the results.")] = Path("sweep"),
    jobs: Annotated[int, all_cores("Points")] = os.cpu_count() or 1,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Compute on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786, "
            "instead of on this machine.",
        ),
    ] = None,
    json: JsonOption = None,
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
    check_writable(json, force=force)
    try:
        found = run_sweep(space, output, jobs=jobs, scheduler=scheduler, force=force)
    except SweepInterrupted as interrupt:
        print(f"interrupted: {interrupt}", file=sys.stderr)
        sys.exit(130)
    except NoPointError as error:
        print_parts(error.left_out)
        raise
    if json:
        write_json(json, found.to_dict())
    print_parts(found.left_out)
    print_parts(found.tables())
    # Only here: what is refused does without.
    from dittosim.sweeps.store import PLOT, POINTS, RESULTS

    say_written(output / RESULTS, output / PLOT, output / POINTS)
