"""What a tile is given to run: weights, preloaded accumulators, jobs and their rows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.difference.tile import Job
from golden.files import whole_file
from golden.machine.config import MachineConfig


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


def random_runs(config: MachineConfig, rng: np.random.Generator, count: int) -> list[TileRun]:
    """Runs of any row length and density, rows that are all zero included."""
    runs = []
    for number in range(count):
        k = int(rng.integers(1, min(config.max_k, 3 * config.beat_elements + 5) + 1))
        if number == 0:
            k = min(config.max_k, 4 * config.beat_elements)
        jobs = tuple(
            Job(
                int(rng.integers(1, min(config.accumulator_depth, 12) + 1)),
                load=bool(rng.integers(2)),
                carry=bool(rng.integers(2)),
                emit=bool(rng.random() < 0.8) or number == 0,
            )
            for _ in range(rng.integers(1, 4))
        )
        rows = sum(job.rows for job in jobs)
        x = rng.integers(-128, 128, (rows, k), dtype=np.int8)
        density = rng.choice([0.0, 0.05, 0.3, 0.6, 1.0], (rows, 1))
        delta = rng.integers(-20, 21, (rows, k)) * (rng.random((rows, k)) < density)
        near = np.clip(x + delta, -128, 127).astype(np.int8)
        far = rng.integers(-128, 128, (rows, k), dtype=np.int8)
        reference = np.where(rng.random((rows, 1)) < 0.15, far, near)
        extreme = rng.random() < 0.2
        weights = (
            rng.choice(np.array([-128, 127], np.int8), (k, config.columns))
            if extreme
            else rng.integers(-128, 128, (k, config.columns), dtype=np.int8)
        )
        depth = int(rng.integers(0, min(config.accumulator_depth, 12) + 1))
        stored = rng.integers(-(2**24), 2**24, (depth, config.columns), dtype=np.int32)
        runs.append(TileRun(weights, stored if depth else None, jobs, x, reference))
    return runs
