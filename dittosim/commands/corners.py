"""``dittosim corners``: what pruning and Ditto gain on the hardware, alone and together."""

from typing import Annotated

import typer
from rich.progress import Progress

from dittosim.commands.quality import Model, check_digits, measure
from dittosim.console import console, progress
from dittosim.files import check_writable, write_json
from dittosim.options import (
    MAX_IMAGES,
    BytesPerCycleOption,
    ConfigOption,
    ForceOption,
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

CHANNELS = ("in_channels", "out_channels", "channels")
"""Fields of nodes that pruning makes smaller"""
BATCH = 25
"""Images sampled together for their quality"""


def corners(
    dense: Annotated[str, typer.Argument(help="Workload by name, or its folder.")],
    pruned: Annotated[list[str], typer.Argument(help="Pruned versions of it, likewise.")],
    config: ConfigOption = "small",
    steps: StepsOption = None,
    images: ImagesOption = 4,
    count: Annotated[
        int,
        typer.Option(
            "--quality-images", min=2, max=MAX_IMAGES, help="Images whose quality is measured."
        ),
    ] = 2000,
    seed: SeedOption = 0,
    bytes_per_cycle: BytesPerCycleOption = 4,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Compare a dense and pruned models, each on original activations and under Ditto.

    Multiplications, slots, bit operations, cycles and bytes of all four corners, the quality of
    the images, and whether temporal differences become sparser. "temporal" keeps to temporal
    differences, "Defo" chooses for each layer. The models have the same graph, with fewer channels
    where they are pruned, and the same images, classes, schedule and steps. Example:

    `dittosim corners digits-unet digits-unet-s50 digits-unet-s75`
    """
    check_writable(json, force=force)
    machine = load_config(config)
    workloads = [load_workload(name) for name in (dense, *pruned)]
    for workload in workloads:
        check_digits(workload)
        if workload.steps(steps) < 2:
            raise DittosimError(f"'{workload.name}': one step has no temporal differences")
    for workload in workloads[1:]:
        check_same_family(workloads[0], workload, steps)
    with progress() as bar:
        models = [
            _measured(bar, workload, config, steps, images, count, seed, bytes_per_cycle)
            for workload in workloads
        ]
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


def check_same_family(dense: Workload, pruned: Workload, steps: int | None) -> None:
    """DittosimError unless the one can be the other with fewer channels, run in the same way."""
    names = f"'{pruned.name}' is no pruned '{dense.name}'"
    one, other = dense.description, pruned.description
    for what, a, b in (
        ("images", one.image_shape, other.image_shape),
        ("classes", one.graph.classes, other.graph.classes),
    ):
        if a != b:
            raise DittosimError(f"{names}: {what} of {b} instead of {a}")
    nodes = [{node.name: node for node in each.graph.nodes} for each in (one, other)]
    if list(nodes[0]) != list(nodes[1]):
        difference = next(iter(nodes[0].keys() ^ nodes[1].keys()), "their order")
        raise DittosimError(f"{names}: their graphs have other nodes ({difference})")
    for name, node in nodes[0].items():
        for field, value in nodes[1][name]:
            before = getattr(node, field, None)
            fewer = field in CHANNELS and value <= before
            if before != value and not fewer:
                raise DittosimError(
                    f"{names}: node '{name}' has {field} = {value!r} instead of {before!r}"
                )
    if one.schedule != other.schedule:
        raise DittosimError(f"{names}: they differ in their noise schedule")
    if dense.steps(steps) != pruned.steps(steps):
        raise DittosimError(
            f"'{dense.name}' and '{pruned.name}' differ in their steps; choose with --steps"
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
