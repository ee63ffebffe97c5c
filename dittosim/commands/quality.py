"""``dittosim quality``: what quantization does to the digits that a model makes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.progress import Progress

from dittosim.console import console, progress, result_table
from dittosim.files import check_writable, output_folder, say_written, write_json
from dittosim.options import (
    ForceOption,
    JsonOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
    images_option,
    output_option,
)
from dittosim.parallel import in_parallel
from dittosim.plots import percentages, plot_images
from dittosim.quality.bit_widths import temporal_bit_widths
from dittosim.quality.classifier import CLASSES, IMAGE_SHAPE
from dittosim.quality.evaluation import Quality, evaluate
from dittosim.quality.reference import load_reference
from golden.denoising.calibration import Calibration
from golden.difference.bit_widths import BitWidths
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.wording import number_of
from golden.workload.recalibration import recalibrated
from golden.workload.workload import Workload, load_workload

WIDTH_IMAGES = 4
SHEET_IMAGES = 20
SHEET = "images.png"


@dataclass(frozen=True)
class Model:
    """One way to run a workload."""

    workload: Workload
    integer: bool

    def sample(self, noise: np.ndarray, labels: np.ndarray | None, steps: int | None) -> np.ndarray:
        """Images made from ``noise``, float32 like it."""
        if self.integer:
            return self.workload.sample(Mode.ACT, noise, steps, labels=labels)
        return self.workload.sample_float(noise, steps, labels=labels)


@dataclass(frozen=True)
class Result:
    """What was measured of a model."""

    images: np.ndarray
    """float32 (count, 16, 16, 1)"""
    quality: Quality
    distance_ratio: float
    """Frechet distance over that of the float32 model"""
    image_difference: float
    """Mean absolute difference of the pixels from the float32 model's"""
    widths: BitWidths | None = None
    """Of temporal differences; None for the float32 model and for a single step"""


def quality(
    workload: WorkloadArgument,
    count: Annotated[int, images_option("Images sampled with each model.", least=2)] = 2000,
    steps: StepsOption = None,
    seed: SeedOption = 0,
    batch: Annotated[
        int, typer.Option(min=1, help="Images sampled together; changes speed and memory only.")
    ] = 25,
    calibration: Annotated[
        list[Calibration] | None,
        typer.Option(help="Also measure int8 whose ranges are chosen this way. May be repeated."),
    ] = None,
    json: JsonOption = None,
    output: Annotated[
        Path | None,
        output_option("DIR", "Folder for a sheet of images."),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Compare the digits of the int8 model with those of the float32 model it stands for.

    "Frechet distance" is to the real digits, on the features of a small classifier; "read right"
    is how often that classifier reads the class asked for. Distances depend on the number of
    images: compare them only where it is the same. Example:

    `dittosim quality digits-unet --calibration mse --json quality.json`
    """
    check_writable(json, force=force)
    model = load_workload(workload)
    check_digits(model)
    steps = model.steps(steps)
    folder = output_folder(output, SHEET, force=force) if output else None
    methods = list(dict.fromkeys(calibration or []))

    with progress() as bar:
        models = {"float32": Model(model, integer=False), "int8, as shipped": Model(model, True)}
        found = _in_parallel(bar, "calibrate", recalibrated, [(model, each) for each in methods])
        for method, other in zip(methods, found, strict=True):
            models[f"int8, {method}"] = Model(other, integer=True)
        results = measure(bar, models, model.noise(count, seed), model.labels(count), steps, batch)

    title = f"{model.name}: {number_of(count, 'image')} in {number_of(steps, 'step')}"
    _print(results, title)
    if folder:
        sheet = {name: result.images[:SHEET_IMAGES] for name, result in results.items()}
        plot_images(sheet, folder / SHEET)
        say_written(folder / SHEET)
    write_json(json, figures(results, model, count, steps, seed))


def check_digits(workload: Workload) -> None:
    """DittosimError unless the classifier can read what ``workload`` makes."""
    shape, classes = workload.description.image_shape, workload.description.graph.classes
    if shape != IMAGE_SHAPE:
        raise DittosimError(
            f"quality is measured on images of {_text(IMAGE_SHAPE)}, digits; "
            f"those of '{workload.name}' are {_text(shape)}"
        )
    if classes not in (0, CLASSES):
        raise DittosimError(
            f"quality is measured on the {CLASSES} digits; '{workload.name}' has {classes} classes"
        )


def measure(
    bar: Progress,
    models: dict[str, Model],
    noise: np.ndarray,
    labels: np.ndarray | None,
    steps: int | None,
    batch: int,
) -> dict[str, Result]:
    """Runs all ``models`` from the same noise; the first is what the others are compared with."""
    parts = [slice(start, start + batch) for start in range(0, len(noise), batch)]
    runs = [
        (model, noise[part], None if labels is None else labels[part], steps)
        for model in models.values()
        for part in parts
    ]
    batches = _in_parallel(bar, "sample", Model.sample, runs)
    images = np.split(np.concatenate(batches), len(models))
    qualities = [evaluate(each, labels) for each in images]
    results = {
        name: Result(
            own,
            quality,
            quality.distance / qualities[0].distance,
            float(np.abs(own - images[0]).mean()),
        )
        for name, own, quality in zip(models, images, qualities, strict=True)
    }
    quantized = {name: model.workload for name, model in models.items() if model.integer}
    runs_of_few = [(each, noise[:WIDTH_IMAGES], steps) for each in quantized.values()]
    widths = _in_parallel(bar, "count bits", temporal_bit_widths, runs_of_few)
    for name, found in zip(quantized, widths, strict=True):
        results[name] = replace(results[name], widths=found if found.elements else None)
    return results


def _in_parallel(
    bar: Progress,
    description: str,
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
) -> list[Any]:
    results = in_parallel(-1, function, arguments, ordered=True)
    return list(bar.track(results, total=len(arguments), description=description))


def _print(results: dict[str, Result], title: str) -> None:
    reference = load_reference()
    table = result_table(
        title, "model", "Frechet\ndistance", "over\nfloat32", "read\nright, %", "image\ndifference"
    )
    for name, result in results.items():
        accuracy = result.quality.accuracy
        table.add_row(
            name,
            f"{result.quality.distance:.2f}",
            f"{result.distance_ratio:.3f}",
            "" if accuracy is None else f"{100 * accuracy:.1f}",
            f"{result.image_difference:.4f}",
        )
    table.add_section()
    held_out = f"{100 * reference.held_out_accuracy:.1f}"
    table.add_row("half of the real digits", f"{reference.halves_distance:.2f}", "", held_out, "")
    console.print(table)

    title = f"temporal differences of {WIDTH_IMAGES} images, % of elements"
    table = result_table(title, "model", "zero", "4 bits or fewer", "more")
    for name, result in results.items():
        if result.widths:
            table.add_row(name, *(f"{part:.1f}" for part in percentages(result.widths)))
    if table.rows:
        console.print(table)


def figures(
    results: dict[str, Result], workload: Workload, count: int, steps: int, seed: int
) -> dict[str, Any]:
    """All that was measured, for --json."""
    reference = load_reference()
    return {
        "workload": workload.name,
        "images": count,
        "steps": steps,
        "seed": seed,
        "models": {
            name: {
                "frechet_distance": result.quality.distance,
                "over_float32": result.distance_ratio,
                "accuracy": result.quality.accuracy,
                "image_difference": result.image_difference,
                "temporal_bit_widths_percent": result.widths and percentages(result.widths),
            }
            for name, result in results.items()
        },
        "real_digits": {
            "frechet_distance_of_halves": reference.halves_distance,
            "held_out_accuracy": reference.held_out_accuracy,
        },
    }


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
