"""``dittosim sample``: images of a workload."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dittosim.console import console, progress
from dittosim.files import output_folder, whole_file, write_json
from dittosim.options import ForceOption, SeedOption, StepsOption, WorkloadArgument
from dittosim.plots import plot_sheet
from golden.denoising.denoiser import Flow
from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler
from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.flow.defo import Defo
from golden.workload.workload import Workload, load_workload

SHEET_IMAGES = 100
"""How many images the sheet shows"""
IMAGES, SHEET, SETTINGS = "images.npy", "images.png", "sample.json"


class FlowName(StrEnum):
    """Execution flows, and the float32 model they stand for."""

    ORIGINAL = "original"
    TEMPORAL = "temporal"
    SPATIAL = "spatial"
    DEFO = "defo"
    DEFO_PLUS = "defo+"
    FLOAT = "float"


def sample(
    workload: WorkloadArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the images.")],
    steps: StepsOption = None,
    seed: SeedOption = 0,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Images.")] = 16,
    batch: Annotated[
        int, typer.Option(min=1, help="Images sampled together; changes speed and memory only.")
    ] = 16,
    label: Annotated[
        list[int] | None,
        typer.Option(
            "--class",
            metavar="N",
            help="Class asked for (repeat for several, taken in turn); all in turn if absent.",
        ),
    ] = None,
    sampler: Annotated[Sampler, typer.Option(help="What the host does between steps.")] = (
        Sampler.DDIM
    ),
    flow: Annotated[
        FlowName,
        typer.Option(
            help="Execution flow of the integer model (all give the same images), or float."
        ),
    ] = FlowName.TEMPORAL,
    force: ForceOption = False,
) -> None:
    """Turn noise into images with a workload's integer model.

    Writes images.npy (float32, count x height x width x channels, in -1 to 1), images.png with
    the first 100 of them, and sample.json. Example:

    `dittosim sample digits-unet --steps 50 --seed 1 --count 16 -o samples`
    """
    model = load_workload(workload)
    labels = _labels(model, label, count)
    steps = model.steps(steps)
    folder = output_folder(output, IMAGES, SHEET, SETTINGS, force=force)
    if flow is FlowName.FLOAT:
        batch = 1  # sums in floating point depend on how many rows are multiplied together
    shown: list[np.ndarray] = []
    with progress() as bar, whole_file(folder / IMAGES) as part, part.open("wb") as file:
        work = steps * (1 if flow is FlowName.FLOAT else len(model.layers()))
        task = bar.add_task(f"sample {model.name}", total=work * -(-count // batch))
        shape = (count, *model.description.image_shape)
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for number, noise in enumerate(model.noise_batches(count, seed, batch)):
            first = number * batch
            own = None if labels is None else labels[first : first + batch]
            image_seed = ImageSeed(seed, first)
            if flow is FlowName.FLOAT:
                images = model.sample_float(
                    noise, steps, labels=own, sampler=sampler, seed=image_seed
                )
                bar.advance(task, steps)
            else:
                images = model.sample(
                    _flow(flow),
                    noise,
                    steps,
                    lambda _: bar.advance(task),
                    labels=own,
                    sampler=sampler,
                    seed=image_seed,
                )
            file.write(np.ascontiguousarray(images, "<f4").data)
            shown += [*images[: SHEET_IMAGES - len(shown)]]
    names = None if labels is None else labels[:SHEET_IMAGES].tolist()
    plot_sheet(np.array(shown), names, folder / SHEET)
    write_json(
        folder / SETTINGS,
        {
            "workload": model.name,
            "count": count,
            "steps": steps,
            "seed": seed,
            "sampler": sampler.value,
            "flow": flow.value,
            "classes": None if labels is None else labels.tolist(),
        },
    )
    console.print(
        f"{count} images of {model.name} in {steps} {sampler.value} steps ({flow.value}), "
        f"seed {seed}: {folder}/{SHEET}, {IMAGES}, {SETTINGS}",
        soft_wrap=True,
    )


def _labels(model: Workload, wanted: list[int] | None, count: int) -> np.ndarray | None:
    classes = model.description.graph.classes
    if not wanted:
        return model.labels(count)
    if not classes:
        raise DittosimError(f"workload '{model.name}' knows no classes; leave --class out")
    for label in wanted:
        if not 0 <= label < classes:
            raise DittosimError(
                f"--class {label}: workload '{model.name}' knows classes 0 to {classes - 1}"
            )
    return np.resize(np.array(wanted), count)


def _flow(name: FlowName) -> Flow | Mode:
    match name:
        case FlowName.TEMPORAL:
            return Mode.TEMPORAL
        case FlowName.SPATIAL:
            return Mode.SPATIAL
        case FlowName.DEFO:
            return Defo(_slots)
        case FlowName.DEFO_PLUS:
            return Defo(_slots, Mode.SPATIAL)
        case _:
            return Mode.ACT


def _slots(layer_input: LayerInput, mode: Mode) -> float:
    """What a layer costs, where no machine is given: its multiplications."""
    return float(
        sum(
            np.count_nonzero(product.differences(mode)) * product.weights.shape[-1]
            for product in layer_input.products(mode)
        )
    )
