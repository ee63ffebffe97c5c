"""Many machines of a space on workloads."""

import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dittosim.results import Result, polars
from dittosim.sweeps.lattice import Candidate, Lattice
from dittosim.sweeps.space import Space, load_space
from golden.errors import DittosimError
from golden.wording import validated
from golden.workload.workload import load_workload

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from rich.console import RenderableType

    from dittosim.drawing import Figure
    from dittosim.sweeps.sweeping import Sweep

GIVEN = "space"
"""What errors call one that comes from no file"""


@dataclass(frozen=True, eq=False)
class SweepResults(Result):
    """The points of a sweep, a row each, in the order of the space."""

    space: Space
    frame: "pd.DataFrame"
    """Fields of the machine, workload, flow, figures, and whether it is on the Pareto front"""
    left_out: Sequence[str] = ()
    """Points that are none, and why, a line for each kind"""
    folder: Path | None = None
    """Where the results are kept, if they are"""

    def pareto(self) -> "pd.DataFrame":
        """The Pareto front alone, the best by the first objective first."""
        from dittosim.sweeps.tables import best_first

        return best_first(self.frame, self.space)

    def to_pandas(self) -> "pd.DataFrame":
        """All points, as ``results.parquet`` has them."""
        return self.frame.copy()

    def to_polars(self) -> "pl.DataFrame":
        """The same as a data frame of polars; DittosimError if polars is not installed."""
        return polars().from_pandas(self.frame)

    def to_dict(self) -> dict[str, Any]:
        """The space and its points, as dicts, lists, numbers and texts."""
        return {"space": self.space.model_dump(mode="json"), "points": self.records()}

    def records(self) -> list[dict[str, Any]]:
        """A dict for each point; what a machine does not have is None."""
        rows = self.frame.to_dict("records")
        return [{str(name): _known(value) for name, value in row.items()} for row in rows]

    def tables(self) -> "Sequence[RenderableType]":
        """The Pareto front, at most 30 points of it."""
        from dittosim.sweeps.tables import MOST, front_table

        more = int(self.frame["pareto"].sum()) - MOST
        rest = [f"... and {more} more, see the column pareto"] if more > 0 else []
        return [front_table(self.frame, self.space), *rest]

    def plot(self) -> "Figure":
        """The first two objectives against each other, the third as a colour."""
        from dittosim.sweeps.picture import sweep_figure

        return sweep_figure(self.frame, self.space)


class NoPointError(DittosimError):
    """No point of a space runs its workloads."""

    def __init__(self, message: str, left_out: Sequence[str]) -> None:
        super().__init__(message)
        self.left_out = left_out
        """What is said of points that are none"""


class SweepInterrupted(KeyboardInterrupt):
    """A sweep that was interrupted; what is done is kept, and the same call does the rest."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__(f"{done} of {total} points are done; the same command does the rest")


def sweep(
    space: str | os.PathLike[str] | Mapping[str, Any] | Space,
    folder: str | os.PathLike[str] | None = None,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    force: bool = False,
) -> SweepResults:
    """Simulates the machines of a space; interrupted, the same call goes on where it stopped.

    Args:
        space: What is swept over: a TOML file, or a dict of what such a file holds
            (``docs/sweeps.md``).
        folder: Where ``results.parquet``, ``pareto.png`` and finished points are kept; nothing
            is kept if None.
        jobs: Points at once. More than one are processes: a script that asks for them does so
            under ``if __name__ == "__main__":``.
        scheduler: Address of a Dask scheduler whose workers compute, instead of this machine.
        force: Compute all points again, and replace results of other work.

    Raises DittosimError for what is no space, if no point of it runs its workloads, or the folder
    holds other work; KeyboardInterrupt, with the number of points that are done.
    """
    chosen, source = _space(space)
    lattice = Lattice(chosen, source)
    candidates: list[Candidate] = []
    if not chosen.search:
        random = chosen.random
        candidates = lattice.drawn(random.points, random.seed) if random else lattice.every()
    workloads = {name: load_workload(name) for name in chosen.workloads}

    # Only here: what is refused does without.
    import pyarrow as pa

    from dittosim.console import progress
    from dittosim.sweeps.picture import plot_sweep
    from dittosim.sweeps.store import PLOT, Store
    from dittosim.sweeps.sweeping import Sweep

    if scheduler is not None:
        from dittosim.sweeps.execution import check_scheduler

        check_scheduler(scheduler)  # before there is a folder
    with (
        _folder(folder) as place,
        Store.opened(place, chosen, workloads, force=force) as store,
    ):
        with progress() as bar:
            work = Sweep(chosen, lattice, candidates, workloads, store, bar)
            try:
                work.run(jobs, scheduler)
            except KeyboardInterrupt as interrupt:
                store.save()
                raise SweepInterrupted(work.done, work.total) from interrupt
        store.save()
        left_out, names = _left_out(work), ", ".join(workloads)
        unable = work.refused()
        if len(unable) == len(work.asked):
            reason = f"no machine of the grid runs {names}; the first: {unable[0]}"
            raise NoPointError(reason, left_out)
        if unable:
            left_out.append(_told(unable, len(work.asked), f"do not run {names}"))
        results = work.results()
        if folder is not None:
            store.write_results(pa.Table.from_pandas(results, preserve_index=False))
            plot_sweep(results, chosen, place / PLOT)
    return SweepResults(chosen, results, left_out, None if folder is None else place)


def _space(space: str | os.PathLike[str] | Mapping[str, Any] | Space) -> tuple[Space, str]:
    """The space, and what errors call it."""
    if isinstance(space, Space):
        return space, GIVEN
    if isinstance(space, Mapping):
        return validated(Space, dict(space), GIVEN), GIVEN
    return load_space(Path(space)), str(space)


@contextmanager
def _folder(folder: str | os.PathLike[str] | None) -> Iterator[Path]:
    """That one, or one that is gone afterwards."""
    if folder is not None:
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="dittosim-") as temporary:
        yield Path(temporary)


def _left_out(work: "Sweep") -> list[str]:
    """What is said of combinations that are impossible, and of those that are excluded."""
    found, combinations = work.lattice.left_out, work.lattice.left_out.count + work.candidates_asked
    lines = []
    if found.impossible:
        lines.append(_told(found.impossible, combinations, "are impossible"))
    if found.excluded:
        lines.append(
            f"{found.excluded} of {combinations} points break a condition and are left out"
        )
    return lines


def _told(reasons: Sequence[str], count: int, what: str) -> str:
    return f"{len(reasons)} of {count} points {what} and are left out; the first: {reasons[0]}"


def _known(value: Any) -> Any:
    """What stands in a table, or None for what is missing there."""
    return None if isinstance(value, float) and math.isnan(value) else value
