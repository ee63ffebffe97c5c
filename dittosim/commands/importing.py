"""``dittosim import``: a diffusers model as a workload."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dittosim.console import console, progress, result_table
from dittosim.files import check_writable, say_written, whole_folder, write_json
from dittosim.importing.command_options import (
    CONTEXT,
    ContextOption,
    InputsOption,
    ScheduleOption,
    SizeOption,
    read_given,
    read_size,
)
from dittosim.importing.model import ImportedModel, import_model
from dittosim.importing.schedule_files import FoundSchedule, find_schedule
from dittosim.options import (
    ForceOption,
    JsonOption,
    SeedOption,
    images_option,
    output_option,
    steps_option,
)
from golden.denoising.calibration import Calibration, calibrate
from golden.errors import DittosimError
from golden.flow.macs import macs
from golden.workload.workload import (
    DESCRIPTION_FILE,
    WEIGHTS_FILE,
    Workload,
    WorkloadDescription,
    save_workload,
)


def import_workload(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a diffusers model or pipeline.")
    ],
    output: Annotated[Path, output_option("DIR", "New folder to write.")],
    steps: Annotated[int, steps_option("Denoising steps, of calibration too.")] = 50,
    context: ContextOption = None,
    inputs: InputsOption = None,
    size: SizeOption = None,
    schedule: ScheduleOption = None,
    calibration: Annotated[
        Calibration, typer.Option(help="How ranges of int8 are chosen.")
    ] = Calibration.ABSMAX,
    images: Annotated[int, images_option("Images that calibration samples.")] = 4,
    seed: SeedOption = 0,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Convert a diffusers model on disk to a workload that every command takes.

    Reads config.json and safetensors; needs neither PyTorch nor diffusers. Ranges of all tensors
    come from a float32 run in NumPy, which takes long for large models: see --size, --steps and
    `dittosim capture`. Example:

    `dittosim import ddpm-cifar10-32 -o cifar10`
    """
    check_writable(json, force=force)
    found = find_schedule(folder, schedule)
    found.check_steps(steps)
    with whole_folder(output, force=force) as part:
        arrays, sides = read_given(context, inputs), read_size(size)
        tokens = arrays.pop(CONTEXT, None)
        if tokens is not None and tokens.ndim == 3 and len(tokens) == 1:
            tokens = tokens[0]
        model = import_model(folder, size=sides, context=tokens, inputs=arrays)
        description = _calibrated(model, found, folder, steps, images, seed, calibration)
        save_workload(part, description, model.weights)
    counts = macs(model.graph, model.image_shape)
    figures = {
        "class": model.kind,
        "parameters": sum(weight.size for weight in model.weights.values()),
        "layers": len(list(model.graph.matmuls())),
        "macs_per_step": sum(counts.values()),
        "image_shape": list(model.image_shape),
        "schedule": found.source,
        "steps": steps,
    }
    table = result_table(f"{output} from {model.kind}", "figure", "value")
    table.add_row("parameters", f"{figures['parameters']:,}")
    table.add_row("layers of the array", f"{figures['layers']:,}")
    table.add_row("multiply-accumulates per step and image", f"{figures['macs_per_step']:,}")
    table.add_row("image", " x ".join(map(str, model.image_shape)))
    table.add_row("steps", str(steps))
    table.add_row("noise schedule", found.source)
    console.print(table)
    say_written(output / DESCRIPTION_FILE, output / WEIGHTS_FILE)
    write_json(json, figures)


def _calibrated(
    model: ImportedModel,
    found: FoundSchedule,
    folder: Path,
    steps: int,
    images: int,
    seed: int,
    calibration: Calibration,
) -> WorkloadDescription:
    """The workload's description; DittosimError if no integers can stand for the model."""
    shape = (images, *model.image_shape)
    noise = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    classes = model.graph.classes
    labels = np.arange(images) % classes if classes else None
    graph, schedule = model.graph, found.schedule
    with progress() as bar:
        bar.add_task(f"calibrate {folder}", total=None)
        formats = calibrate(graph, model.weights, schedule, noise, steps, labels, calibration)
    try:
        description = WorkloadDescription(
            summary=f"{model.kind} imported from {folder.resolve().name}",
            image_shape=model.image_shape,
            steps=steps,
            schedule=schedule,
            graph=graph,
            formats=formats,
        )
        # Derives every constant of the integer operations, so that a workload can be run.
        Workload("", description, model.weights).integer.layers()
    except ValueError as error:
        raise DittosimError(f"{folder}: {error}") from error
    return description
