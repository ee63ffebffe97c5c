"""``dittosim corners``: what pruning and Ditto gain on the hardware, alone and together."""

from typing import Annotated

import typer
from rich.progress import Progress

from dittosim.commands.quality import Model, check_digits, measure
from dittosim.console import console, progress
from dittosim.files import check_writable, write_json
from dittosim.options import (
    BytesPerCycleOption,
    ConfigOption,
    ImagesOption,
    JsonOption,
    SeedOption,
    StepsOption,
)
from dittosim.statistics.corners import Measured, corner_table, density_table, difference_table
from dittosim.statistics.report import Report
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.workload.workload import Workload, load_workload
from sim.run.statistics import run_statistics

BATCH = 25
"""Images sampled together for their quality"""


def corners(
    dense: Annotated[str, typer.Argument(help="Workload by name, or its folder.")],
    pruned: Annotated[list[str], typer.Argument(help="Pruned versions of it, likewise.")],
    config: ConfigOption = "small",
    steps: StepsOption = None,
    images: ImagesOption = 4,
    count: Annotated[int, typer.Option(min=2, help="Images whose quality is measured.")] = 2000,
    seed: SeedOption = 0,
    bytes_per_cycle: BytesPerCycleOption = 4,
    json: JsonOption = None,
) -> None:
    """Compare a dense and pruned models, each on original activations and under Ditto.

    Multiplications, slots, bit operations, cycles and bytes of all four corners, the quality of
    the images, and whether temporal differences become sparser. "temporal" keeps to temporal
    differences, "Defo" chooses for each layer. Example:

    `dittosim corners digits-unet digits-unet-s50 digits-unet-s75`
    """
    check_writable(json)
    machine = load_config(config)
    workloads = [load_workload(name) for name in (dense, *pruned)]
    for workload in workloads:
        check_digits(workload)
        if workload.steps(steps) < 2:
            raise DittosimError(f"'{workload.name}': one step has no temporal differences")
    if len({workload.steps(steps) for workload in workloads}) > 1:
        raise DittosimError("the workloads differ in their steps; choose with --steps")
    with progress() as bar:
        models = [
            _measured(bar, workload, config, steps, images, count, seed, bytes_per_cycle)
            for workload in workloads
        ]
    if str(json) != "-":
        for table in (corner_table(models), difference_table(models, count), density_table(models)):
            console.print(table.on_console())
        console.print("* per element, from the second step on. read: classes read right.")
    write_json(
        json,
        {
            "configuration": machine.model_dump(mode="json"),
            "configuration_hash": machine.digest(),
            "steps": models[0].report.steps,
            "images": images,
            "images_of_quality": count,
            "seed": seed,
            "bytes_per_cycle": bytes_per_cycle,
            "models": {model.name: model.figures() for model in models},
        },
    )


def _measured(
    bar: Progress,
    workload: Workload,
    config: str,
    steps: int | None,
    images: int,
    count: int,
    seed: int,
    bytes_per_cycle: int,
) -> Measured:
    steps = workload.steps(steps)
    task = bar.add_task(f"sample {workload.name}", total=steps * len(workload.layers()))
    statistics = run_statistics(
        workload,
        load_config(config),
        steps=steps,
        images=images,
        seed=seed,
        progress=lambda _: bar.advance(task),
    )
    report = Report(workload, config, statistics, steps, seed, bytes_per_cycle, "linear")
    models = {"int8": Model(workload, integer=True)}
    noise, labels = workload.noise(count, seed), workload.labels(count)
    found = measure(bar, models, noise, labels, steps, BATCH)["int8"]
    return Measured(report, found.quality)
