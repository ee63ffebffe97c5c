"""``dittosim capture``: a trace of a diffusers model, run in PyTorch."""

import shutil
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dittosim.capture.quantizing import FloatProduct, Ranges
from dittosim.console import console, progress, result_table
from dittosim.extras import INSTALL_EXTRAS
from dittosim.files import whole_folder
from dittosim.importing.checkpoint import CONFIG_FILE, check_loadable, model_folder
from dittosim.importing.command_options import (
    ContextOption,
    ScheduleOption,
    SizeOption,
    read_context,
    read_size,
)
from dittosim.importing.model import check_context, image_shape_of, read_config
from dittosim.importing.schedule_files import find_schedule
from dittosim.options import ForceOption, SeedOption
from golden.denoising.samplers import Sampler, sample
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.formats.encoding import Encoding
from golden.workload.class_counts import ClassWriter, load_counts, total_widths
from golden.workload.trace import TraceWriter, load_trace


def capture(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a diffusers model or pipeline.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="TRACE", help="New folder to write.")
    ],
    steps: Annotated[int, typer.Option(min=1, max=1000, help="Denoising steps.")] = 50,
    images: Annotated[int, typer.Option(min=1, max=100_000, help="Images sampled.")] = 1,
    seed: SeedOption = 0,
    context: ContextOption = None,
    size: SizeOption = None,
    schedule: ScheduleOption = None,
    sampler: Annotated[Sampler, typer.Option(help="How images follow from predictions.")] = (
        Sampler.DDIM
    ),
    classes: Annotated[
        bool, typer.Option("--classes", help="Keep only counts of zero, narrow and wide.")
    ] = False,
    layers: Annotated[
        str, typer.Option(metavar="PATTERN", help="Layers by name; * stands for anything.")
    ] = "*",
    force: ForceOption = False,
) -> None:
    """Run a diffusers model in PyTorch and write what its layers multiply, as int8.

    For models too large for NumPy. Samples twice: first for the ranges, then for the trace, which
    `dittosim simulate` takes in place of a workload. Needs the extra "capture". Example:

    `dittosim capture stable-diffusion -o trace --context prompt.npy --layers "*attn1*"`
    """
    tokens = read_context(context)
    found = model_folder(folder)
    found_schedule = find_schedule(folder, schedule)
    found_schedule.check_steps(steps)
    noise_schedule = found_schedule.schedule
    kind, config = read_config(found / CONFIG_FILE)
    try:
        shape = image_shape_of(config, read_size(size))
        check_context(config, tokens)
    except ValueError as error:
        raise DittosimError(f"{found / CONFIG_FILE}: {error}") from error
    check_loadable(found)
    try:
        from dittosim.capture.model import CapturedModel
    except ImportError as error:
        raise DittosimError(f"capture runs models in PyTorch: {error}; {INSTALL_EXTRAS}") from error

    with whole_folder(output, force=force) as part, progress() as bar:
        labels = np.arange(images) % config.classes if config.classes else None
        model = CapturedModel(found, kind, labels, tokens, layers)
        noise = np.random.default_rng(seed).standard_normal((images, *shape)).astype(np.float32)
        task = bar.add_task(f"capture {folder}", total=2 * steps)
        step = 0

        def denoise(image: np.ndarray, time: int) -> np.ndarray:
            nonlocal step
            predicted = model(image, time)
            step += 1
            bar.advance(task)
            return predicted

        ranges = Ranges()
        model.seen = ranges.see
        sample(sampler, denoise, noise, noise_schedule, steps, seed)
        _check_room(ranges, layers, part, 0 if classes else steps)
        writer = ClassWriter(part, steps) if classes else TraceWriter(part, steps)

        def write(product: FloatProduct) -> None:
            layer, inputs = ranges.quantized(product)
            writer.add(layer, step, inputs)

        step = 0
        model.seen = write
        sample(sampler, denoise, noise, noise_schedule, steps, seed)
        writer.finish(f"{kind} in {folder.resolve().name}", images, seed)
    _print_summary(output, classes)


def _check_room(ranges: Ranges, pattern: str, folder: Path, steps: int) -> None:
    if not ranges.layers:
        raise DittosimError(f"--layers {pattern}: no layer has such a name; try '*attn1*'")
    needed, free = steps * ranges.step_bytes, shutil.disk_usage(folder).free
    if needed > free:
        raise DittosimError(
            f"the trace takes {needed / 1e6:,.1f} MB, but only {free / 1e6:,.1f} MB are free: "
            "choose fewer --layers, or --classes"
        )


def _print_summary(folder: Path, classes: bool) -> None:
    trace = load_trace(folder)
    d = trace.description
    size = sum(path.stat().st_size for path in folder.iterdir())
    console.print(
        f"{folder}: {len(d.layers)} layers, {d.steps} steps, {d.images} images, "
        f"{size / 1e6:,.1f} MB"
    )
    if classes:
        counts = load_counts(trace)
        table = result_table("elements, %", "mode", "zero", "4 bits or fewer", "more")
        for mode in Mode:
            widths = total_widths(counts, Encoding.SIGN_MAGNITUDE, mode)
            parts = (widths.zero, widths.narrow, widths.wide)
            shares = (f"{100 * part / max(1, widths.elements):.1f}" for part in parts)
            table.add_row(mode.value, *shares)
        console.print(table)
