"""A whole sweep: which points, those that are known, those that are computed, the results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from rich.progress import Progress, TaskID

from dittosim.energy.table import load_energies
from dittosim.sweeps.execution import Workers, tasks_of, workers
from dittosim.sweeps.figures import FIGURES
from dittosim.sweeps.lattice import Candidate, Lattice
from dittosim.sweeps.run import Work
from dittosim.sweeps.space import Space
from dittosim.sweeps.store import Store
from golden.workload.run import Run
from golden.workload.workload import Workload

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Sweep:
    """Computes the points of a space that a store does not have."""

    space: Space
    lattice: Lattice
    candidates: Sequence[Candidate]
    """None if they are searched"""
    workloads: Mapping[str, Workload]
    store: Store
    bar: Progress
    asked: dict[str, tuple[str, Candidate]] = field(default_factory=dict)
    """Workload and candidate of all points so far, by key, in their order"""
    total: int = 0
    """Points that there will be, at most"""

    def runs(self) -> dict[str, Run]:
        """By workload. DittosimError if one has fewer steps."""
        s = self.space
        return {
            name: Run.of(workload, s.steps, images=s.images, seed=s.seed)
            for name, workload in self.workloads.items()
        }

    def run(self, jobs: int, scheduler: str | None) -> None:
        """All of it; see :func:`dittosim.sweeps.execution.workers`. DittosimError if none works."""
        space = self.space
        tables = {name: load_energies(name) for name in space.energy_tables}
        works = {
            name: Work(run, space.scope, tables, space.energy, space.dram)
            for name, run in self.runs().items()
        }
        count = len(self.candidates)
        if space.search:
            count = min(space.search.points, self.lattice.count)
        self.total = len(space.workloads) * count
        task = self.bar.add_task("sweep", total=self.total)
        if space.search:
            self._search(works, jobs, scheduler, task)
        else:
            self._every(works, jobs, scheduler, task)

    @property
    def done(self) -> int:
        """Points that are known."""
        return sum(key in self.store for key in self.asked)

    @property
    def candidates_asked(self) -> int:
        """Machines and flows so far."""
        return len(self.asked) // len(self.space.workloads)

    def _every(
        self, works: Mapping[str, Work], jobs: int, scheduler: str | None, task: TaskID
    ) -> None:
        missing = self._missing(self.candidates, task)
        if any(missing.values()):
            with workers(works, jobs, scheduler) as found:
                self._compute(found, missing, task)

    def _search(
        self, works: Mapping[str, Work], jobs: int, scheduler: str | None, task: TaskID
    ) -> None:
        # Only here: those who do not search do without Optuna.
        from dittosim.sweeps.search import search

        assert self.space.search
        with workers(works, jobs, scheduler) as found:

            def evaluate(candidates: Sequence[Candidate]) -> list[list[float] | None]:
                self._compute(found, self._missing(candidates, task), task)
                return [self._objectives(candidate) for candidate in candidates]

            search(self.lattice, self.space.search, self.space.goals, evaluate)

    def _missing(self, candidates: Sequence[Candidate], task: TaskID) -> dict[str, list[Candidate]]:
        """Those that the store does not have, by workload; all are asked for."""
        missing: dict[str, list[Candidate]] = {}
        for workload in self.space.workloads:
            missing[workload] = []
            for candidate in candidates:
                key = self.store.key(workload, candidate)
                self.asked[key] = workload, candidate
                if key in self.store:
                    self.bar.advance(task)
                else:
                    missing[workload].append(candidate)
        return missing

    def _compute(
        self, found: Workers, missing: Mapping[str, Sequence[Candidate]], task: TaskID
    ) -> None:
        runs = self.runs()
        tasks = [
            each
            for workload, candidates in missing.items()
            for each in tasks_of(workload, candidates, self.space.scope)
        ]
        for done, answers in found.run(tasks):
            for candidate, answer in zip(done.candidates, answers, strict=True):
                self.store.add(done.workload, runs[done.workload], candidate, answer)
                self.bar.advance(task)

    def _objectives(self, candidate: Candidate) -> list[float] | None:
        """The mean of each figure over all workloads; None if one of them does not run."""
        keys = [self.store.key(workload, candidate) for workload in self.space.workloads]
        rows = [self.store[key] for key in keys]
        if any(row.get("refused") for row in rows):
            return None
        return [fmean(row[name] for row in rows) for name in self.space.goals]

    def refused(self) -> list[str]:
        """Why points do not run their workload."""
        reasons = (self.store[key].get("refused") for key in self.asked)
        return [reason for reason in reasons if reason]

    def results(self) -> "pd.DataFrame":
        """A row for each point that has figures, in the order of the space."""
        import pandas as pd

        from dittosim.sweeps.front import pareto_front

        rows = [row for key in self.asked if not (row := self.store[key]).get("refused")]
        results = pd.DataFrame(rows, columns=self.store.columns).drop(columns="refused")
        results = results.dropna(axis=1, how="all")
        kinds = {name: kind for name, kind in FIGURES[self.space.scope].items() if name in results}
        results = results.astype({name: kind.__name__ + "64" for name, kind in kinds.items()})
        results["pareto"] = pareto_front(results, self.space.goals)
        return results
