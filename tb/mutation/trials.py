"""Runs benches on mutants until one notices, the cheap benches and those that notice most first."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission
from tb.mutation.attempt import Kill, attempt, with_mutants
from tb.mutation.equivalence import is_equivalent
from tb.mutation.mutants import Mutant
from tb.mutation.reach import Run, emission_of, modules_in, runs_of

SLOWER, LEAST_SECONDS = 10, 120
"""A run on a mutant ends after so many times what it takes without, and not before that"""

LONG_SECONDS = 60
"""If what is left takes longer, Yosys is asked first whether there is anything to notice"""
PROOF_SECONDS = 10
"""Of a processor, that Yosys has for that"""

UnderWay = dict[Future[Any], tuple[Mutant, list[Run], Run | None]]
"""The mutant, the runs that are left, and the one under way; None is the question to Yosys"""


@dataclass
class Trials:
    """The mutants of a machine, and what became of them."""

    config: MachineConfig
    seed: int = 0
    """Of the benches"""
    jobs: int = 1
    tell: Callable[[str], None] = lambda _: None
    kills: dict[str, Kill] = field(default_factory=dict)
    """By the mutants' names"""
    proven: dict[str, bool] = field(default_factory=dict)
    """Whether a step of a mutant is the same, of those of which Yosys was asked"""
    _tried: Counter[tuple[str, Run]] = field(default_factory=Counter)
    _noticed: Counter[tuple[str, Run]] = field(default_factory=Counter)

    def run(self, mutants: Sequence[Mutant], stages: Sequence[Sequence[str]]) -> None:
        """Tries all of them on the tops of one stage after the other, until a bench notices.

        DittosimError if a bench finds something where no mutant is chosen.
        """
        with ProcessPoolExecutor(self.jobs, mp_context=get_context("spawn")) as pool:
            for tops in stages:
                left = [mutant for mutant in mutants if mutant.name not in self.kills]
                self._on_stage(tops, left, pool)

    def _on_stage(
        self, tops: Sequence[str], mutants: Sequence[Mutant], pool: ProcessPoolExecutor
    ) -> None:
        emissions: dict[str, Emission] = {}
        seconds: dict[Run, float] = {}
        numbers = {mutant.name: number for number, mutant in enumerate(mutants, 1)}
        for top in tops:
            inside = {n: m for n, m in enumerate(mutants, 1) if m.module in self._in(top)}
            if inside:
                self.tell(f"{top} with {len(inside)} mutants")
                emissions[top] = with_mutants(emission_of(top, self.config), inside)
                seconds |= self._without(top, emissions[top], pool)
        waiting = [
            (mutant, [run for run in seconds if mutant.module in self._in(run.top)])
            for mutant in mutants
        ]
        waiting = [(mutant, runs) for mutant, runs in waiting if runs]
        under_way: UnderWay = {}
        while waiting or under_way:
            while waiting and len(under_way) < self.jobs:
                mutant, runs = waiting.pop(0)
                run = min(runs, key=lambda one: seconds[one] / self._chance(mutant.module, one))
                limit = max(LEAST_SECONDS, SLOWER * seconds[run])
                number, emission = numbers[mutant.name], emissions[run.top]
                future = pool.submit(attempt, run, self.config, self.seed, emission, number, limit)
                under_way[future] = (mutant, [one for one in runs if one != run], run)
            for ended in wait(under_way, return_when=FIRST_COMPLETED).done:
                mutant, runs, ran = under_way.pop(ended)
                if ran is None:
                    self.proven[mutant.name] = ended.result()
                    if not self.proven[mutant.name]:
                        waiting.insert(0, (mutant, runs))
                    continue
                self._tried[mutant.module, ran] += 1
                if kill := ended.result():
                    self._noticed[mutant.module, ran] += 1
                    self.kills[mutant.name] = kill
                    self.tell(f"{mutant.name} {mutant.module} {mutant.operator}: {ran}")
                elif self._asks(mutant, [seconds[one] for one in runs]):
                    self.tell(f"{mutant.name} {mutant.module} {mutant.operator}: is it equivalent?")
                    asked = pool.submit(_same_step, emission_of(ran.top, self.config), mutant)
                    under_way[asked] = (mutant, runs, None)
                elif runs:
                    waiting.insert(0, (mutant, runs))
                else:
                    self.tell(f"{mutant.name} {mutant.module} {mutant.operator}: not so far")

    def _asks(self, mutant: Mutant, left: Sequence[float]) -> bool:
        return sum(left) > LONG_SECONDS and mutant.name not in self.proven

    def _in(self, top: str) -> frozenset[str]:
        return modules_in(top, self.config)

    def _without(self, top: str, emission: Emission, pool: ProcessPoolExecutor) -> dict[Run, float]:
        """Seconds that each bench on a top takes where no mutant is chosen."""
        seconds = {}
        runs = runs_of([top], self.config)
        arguments = (self.config, self.seed, emission, 0)
        pool.submit(attempt, runs[0], *arguments).result()  # builds
        for run, trial in [(run, pool.submit(_timed, run, *arguments)) for run in runs]:
            kill, seconds[run] = trial.result()
            if kill is not None:
                raise DittosimError(f"{run} finds without any mutant: {kill.difference}")
        return seconds

    def _chance(self, module: str, run: Run) -> float:
        """About how probable it is that a run notices a mutant of a module."""
        return (self._noticed[module, run] + 1) / (self._tried[module, run] + 2)


def _timed(
    run: Run, config: MachineConfig, seed: int, emission: Emission, number: int
) -> tuple[Kill | None, float]:
    """An attempt, and its seconds."""
    began = time.monotonic()
    return attempt(run, config, seed, emission, number), time.monotonic() - began


def _same_step(emission: Emission, mutant: Mutant) -> bool:
    try:
        return is_equivalent(emission, mutant, PROOF_SECONDS, induction=False)
    except DittosimError:
        return False  # the benches may notice yet
