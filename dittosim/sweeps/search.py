"""Points that Optuna proposes, in batches, each after all before are known.

A search is resumed by going through it again: proposals depend on the seed and on what came of
those before, and points that are known cost nothing.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import Trial, TrialState

from dittosim.sweeps.lattice import Candidate, Lattice
from dittosim.sweeps.space import Goal, SamplerName, Search

ASKED_FOR_EACH = 30
"""Proposals for each point that is wanted, before it is taken that there are no more"""

Evaluate = Callable[[Sequence[Candidate]], Sequence[Sequence[float] | None]]
"""Objectives of candidates; None of one that does not run"""


def search(
    lattice: Lattice, settings: Search, goals: Mapping[str, Goal], evaluate: Evaluate
) -> list[Candidate]:
    """The candidates that were proposed, in that order, each once.

    Fewer than ``settings.points`` where so many possible ones are not found. DittosimError if none
    is.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        # Batches rest on an option of Optuna's that is called experimental.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        found = _searched(lattice, settings, goals, evaluate)
    if not found:
        raise lattice.nothing()
    return list(found)


def _searched(
    lattice: Lattice, settings: Search, goals: Mapping[str, Goal], evaluate: Evaluate
) -> dict[Candidate, Sequence[float] | None]:
    minimize, maximize = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
    directions = [minimize if goal is Goal.MIN else maximize for goal in goals.values()]
    study = optuna.create_study(directions=directions)
    known: dict[Candidate, Sequence[float] | None] = {}
    impossible: set[str] = set()
    for _ in range(-(-ASKED_FOR_EACH * settings.points // settings.batch)):
        if len(known) == settings.points or len(known) + len(impossible) == lattice.count:
            break
        batch: list[tuple[Trial, Candidate]] = []
        for _ in range(settings.batch):
            # Whatever was asked before, from the seed and the number of the trial alone.
            study.sampler = _sampler(settings, len(study.trials))
            trial = study.ask()
            values = {name: _suggested(trial, name, each) for name, each in lattice.axes.items()}
            text = repr(values)
            candidate = None if text in impossible else lattice.candidate(values)
            if candidate:
                batch.append((trial, candidate))
            else:
                impossible.add(text)
                study.tell(trial, state=TrialState.FAIL)
        new = list(dict.fromkeys(one for _, one in batch if one not in known))
        new = new[: settings.points - len(known)]
        known |= zip(new, evaluate(new), strict=True)
        for trial, candidate in batch:
            if objectives := known.get(candidate):
                study.tell(trial, list(objectives))
            else:
                study.tell(trial, state=TrialState.FAIL)
    return known


def _suggested(trial: Trial, name: str, values: Sequence[Any]) -> Any:
    """Numbers that rise have an order, which samplers use; others are kinds."""
    rising = all(isinstance(value, int) for value in values) and list(values) == sorted(values)
    if len(values) == 1:
        return values[0]
    if rising:
        return values[trial.suggest_int(name, 0, len(values) - 1)]
    return values[trial.suggest_categorical(name, list(range(len(values))))]


def _sampler(settings: Search, number: int) -> optuna.samplers.BaseSampler:
    seed = settings.seed * 1_000_003 + number
    if settings.sampler is SamplerName.NSGA2:
        return optuna.samplers.NSGAIISampler(seed=seed, population_size=max(2, settings.batch))
    return optuna.samplers.TPESampler(seed=seed % (1 << 32), constant_liar=True)
