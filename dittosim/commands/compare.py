"""``dittosim compare``: ways of pruning while training, beside each other."""

import hashlib
import os
from collections.abc import Iterator
from json import dumps
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from dittosim.commands.train import require_training
from dittosim.console import console, result_table
from dittosim.files import check_writable, say_written, whole_file, write_json
from dittosim.options import ForceOption, JsonOption, all_cores, output_option
from dittosim.plots import DISTANCE, plot_comparison
from dittosim.points import Point, points_folder, run_points, write_point
from dittosim.training.comparison import UNPRUNED, Run, load_comparison
from dittosim.training.config import TrainingConfig
from dittosim.training.starting_point import starting_point

RESULTS, PLOT = "results.parquet", "comparison.png"


class TrainedPoint(Point):
    """A training and its figures."""

    variant: str
    sparsity: float
    seed: int
    measure: str
    """What the score is"""
    score: float | None
    loss: float
    macs: int
    parameters: int
    macs_before: int
    coverage: float | None
    kept: dict[str, int]
    """Filters by layer"""


def run_training(run: Run, path: Path) -> None:
    """Trains one model and writes its figures to ``path``, all of them or none."""
    from dittosim.training.experiment import run_experiment

    found = run_experiment(run.config, starting_point(run.config))
    covered = found.trained.coverage.values()
    point = TrainedPoint(
        key=_digest(run.config),
        variant=run.variant,
        sparsity=run.sparsity,
        seed=run.config.seed,
        measure=found.measure,
        score=found.score,
        loss=found.trained.losses[-1],
        macs=found.after.macs,
        parameters=found.after.parameters,
        macs_before=found.before.macs,
        coverage=sum(covered) / len(covered) if covered else None,
        kept={name: len(kept) for name, kept in found.trained.kept.items()},
    )
    write_point(path, point)


def compare(
    comparison: Annotated[
        Path, typer.Argument(metavar="COMPARISON.toml", help="What to train and compare.")
    ],
    output: Annotated[Path, output_option("DIR", "Folder for the results.")],
    jobs: Annotated[int, all_cores("Trainings")] = os.cpu_count() or 1,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Train a model under several ways of pruning, with several seeds each.

    Writes results.parquet and comparison.png; interrupted, the same command goes on where it
    stopped. Needs the extra `train`. docs/comparisons/ has examples:

    `dittosim compare docs/comparisons/classifier.toml -o comparison`
    """
    check_writable(json, force=force)
    chosen = load_comparison(comparison)
    require_training()
    runs = chosen.runs()
    start = starting_point(runs[-1].config)
    settings = " ".join([dumps(chosen.training), *filter(None, [start.digest])])
    points = points_folder(output, "comparison", settings, RESULTS, PLOT, force=force)
    paths = {points / f"{_digest(run.config)}.json": (run,) for run in runs}
    trained = run_points("train", run_training, paths, jobs, TrainedPoint)
    rows = [
        {**point.model_dump(exclude={"key"}), "variant": run.variant}
        for point, (run,) in zip(trained, paths.values(), strict=True)
    ]
    results = pd.DataFrame(rows)
    with whole_file(output / RESULTS) as part:
        results.to_parquet(part)
    plot_comparison(results, output / PLOT)
    title = f"{runs[0].config.model}, {runs[0].config.epochs} epochs, {len(chosen.seeds)} seeds"
    console.print(comparison_table(results, title))
    say_written(output / RESULTS, output / PLOT, points)
    write_json(
        json,
        {
            "comparison": chosen.model_dump(mode="json"),
            "runs": [{**row, "seed": run.config.seed} for row, run in zip(rows, runs, strict=True)],
        },
    )


def _digest(config: TrainingConfig) -> str:
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:12]


def by_variant(results: pd.DataFrame) -> Iterator[tuple[str, float, pd.DataFrame]]:
    """The runs of each variant and sparsity, in the order in which they were asked for."""
    for _, runs in results.groupby(["sparsity", "variant"], sort=False):
        yield runs["variant"].iloc[0], runs["sparsity"].iloc[0], runs


def comparison_table(results: pd.DataFrame, title: str) -> Table:
    """Mean and, behind it, sample standard deviation over the seeds."""
    measure = results["measure"].iloc[0]
    percent = measure != DISTANCE
    unit = f"{measure}{', %' if percent else ''}".replace(" ", "\n", 1)
    table = result_table(title, "variant", "MACs\n%", unit, "loss", "covered\n%")
    for variant, sparsity, runs in by_variant(results):
        scale, digits = (100, 2) if percent else (1, 3)
        coverage = runs["coverage"].astype(float).mean()
        table.add_row(
            variant if variant == UNPRUNED else f"{variant}, {sparsity:g}",
            f"{100 * (runs['macs'] / runs['macs_before']).mean():.1f}",
            _mean(runs["score"] * scale, digits),
            _mean(runs["loss"], 4),
            f"{100 * coverage:.1f}" if coverage == coverage else "",
        )
    return table


def _mean(values: pd.Series, digits: int) -> str:
    if values.isna().any():
        return ""
    spread = f" +- {values.std():.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{spread}"
