"""What a tile is given to run: weights, preloaded accumulators, jobs and their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.difference.tile import Job
from golden.files import whole_file
from golden.machine.config import MachineConfig
from tb.harness.clocked import stream_strata
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS
from tb.harness.stimulus import stratified


@dataclass(frozen=True)
class TileRun:
    """An uninterrupted stream of rows of one length, under one set of weights."""

    weights: np.ndarray
    """int8 (k, columns), columns as many as the tile has"""
    stored: np.ndarray | None
    """int32 (rows, columns) to be written to the accumulator buffer before"""
    jobs: tuple[Job, ...]
    x: np.ndarray
    """int8 (rows of all jobs, k)"""
    reference: np.ndarray
    """like x"""


def save_runs(path: Path, runs: list[TileRun]) -> None:
    """Writes runs to one .npz file."""
    arrays: dict[str, np.ndarray] = {}
    for number, run in enumerate(runs):
        arrays[f"{number}.weights"] = run.weights
        if run.stored is not None:
            arrays[f"{number}.stored"] = run.stored
        arrays[f"{number}.jobs"] = np.array(
            [(job.rows, job.load, job.carry, job.emit) for job in run.jobs]
        )
        arrays[f"{number}.x"] = run.x
        arrays[f"{number}.reference"] = run.reference
    # A file, since NumPy adds a suffix to names.
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_runs(path: Path) -> list[TileRun]:
    """Reads what :func:`save_runs` wrote."""
    runs: list[TileRun] = []
    with np.load(path) as file:
        while f"{len(runs)}.weights" in file:
            get = f"{len(runs)}.".__add__
            jobs = tuple(
                Job(int(rows), bool(load), bool(carry), bool(emit))
                for rows, load, carry, emit in file[get("jobs")]
            )
            stored = file.get(get("stored"))
            runs.append(
                TileRun(file[get("weights")], stored, jobs, file[get("x")], file[get("reference")])
            )
    return runs


RESULT_COMES = "as a result comes"
"""Stratum of resets, in the cycle before one is offered"""
JOBS = {
    f"{'load' if load else 'no load'}, {'carry' if carry else 'no carry'}": (load, carry)
    for load in (False, True)
    for carry in (False, True)
}
"""What a job adds to, by stratum"""
STRATA = {
    "job": tuple(JOBS),
    "results": ("sent", "kept"),
    "rows of a job": ("one", "several"),
    "row": ("zero", "sparse", "dense"),
    "accumulators": ("left", "written"),
    "weights": ("any", "extreme"),
    "reset": (*RESETS, RESULT_COMES),
}


def strata(config: MachineConfig, stalls: bool) -> dict[str, Sequence[str]]:
    """What :func:`random_runs` must meet on that machine."""
    axes: dict[str, Sequence[str]] = {**STRATA, **stream_strata(stalls)}
    if config.accumulator_depth == 1:
        axes["rows of a job"] = ("one",)
    if config.beat_elements > 1:
        axes["length"] = ("part of a beat", "whole beats")
    return axes


def see_run(coverage: Coverage, run: TileRun, config: MachineConfig) -> None:
    """Counts what a run is made of."""
    names = {flags: name for name, flags in JOBS.items()}
    for job in run.jobs:
        coverage.see("job", names[job.load, job.carry])
        coverage.see("results", "sent" if job.emit else "kept")
        coverage.see("rows of a job", "several" if job.rows > 1 else "one")
    for share in (run.x != run.reference).mean(axis=1).tolist():
        coverage.see("row", "zero" if not share else "sparse" if share < 0.5 else "dense")
    coverage.see("accumulators", "left" if run.stored is None else "written")
    extreme = np.isin(run.weights, (-128, 127)).all()
    coverage.see("weights", "extreme" if extreme else "any")
    if config.beat_elements > 1:
        part = run.x.shape[1] % config.beat_elements
        coverage.see("length", "part of a beat" if part else "whole beats")


def random_runs(config: MachineConfig, rng: np.random.Generator, count: int) -> list[TileRun]:
    """Runs of any row length and density, rows that are all zero included."""
    runs = []
    kinds = stratified(rng, tuple(JOBS.values()), 3 * count)
    emits = stratified(rng, (True, True, True, True, False), 3 * count)
    single = stratified(rng, (True, False, False), 3 * count)
    whole = stratified(rng, (True, False, False), count)
    extremes = stratified(rng, (True, False, False, False), count)
    written = stratified(rng, (True, True, False), count)
    most = min(config.accumulator_depth, 12)
    for number in range(count):
        k = int(rng.integers(1, min(config.max_k, 3 * config.beat_elements + 5) + 1))
        if whole[number]:
            k = min(config.max_k // config.beat_elements, -(-k // config.beat_elements))
            k *= config.beat_elements
        if number == 0:
            k = min(config.max_k, 4 * config.beat_elements)
        jobs = tuple(
            Job(
                1 if single.pop() else int(rng.integers(min(2, most), most + 1)),
                load=load,
                carry=carry,
                emit=emits.pop() or number == 0,
            )
            for load, carry in (kinds.pop() for _ in range(rng.integers(1, 4)))
        )
        rows = sum(job.rows for job in jobs)
        x = rng.integers(-128, 128, (rows, k), dtype=np.int8)
        density = rng.choice([0.0, 0.05, 0.3, 0.6, 1.0], (rows, 1))
        delta = rng.integers(-20, 21, (rows, k)) * (rng.random((rows, k)) < density)
        near = np.clip(x + delta, -128, 127).astype(np.int8)
        far = rng.integers(-128, 128, (rows, k), dtype=np.int8)
        reference = np.where(rng.random((rows, 1)) < 0.15, far, near)
        weights = (
            rng.choice(np.array([-128, 127], np.int8), (k, config.columns))
            if extremes[number]
            else rng.integers(-128, 128, (k, config.columns), dtype=np.int8)
        )
        depth = int(rng.integers(1, most + 1)) if written[number] else 0
        stored = rng.integers(-(2**24), 2**24, (depth, config.columns), dtype=np.int32)
        runs.append(TileRun(weights, stored if depth else None, jobs, x, reference))
    return runs
