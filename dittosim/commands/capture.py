"""``dittosim capture``: a trace of a diffusers model, run in PyTorch."""

import math
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from dittosim.capture.denoisers import DENOISERS, null_inputs
from dittosim.capture.inputs import Arrays, read_negative
from dittosim.capture.quantizing import FloatProduct, Ranges
from dittosim.capture.shares import MacShares
from dittosim.console import console, progress, result_table
from dittosim.extras import INSTALL_EXTRAS
from dittosim.files import check_writable, whole_folder, write_json
from dittosim.importing.checkpoint import CONFIG_FILE, check_loadable, model_folder
from dittosim.importing.command_options import (
    ContextOption,
    InputsOption,
    ScheduleOption,
    SizeOption,
    read_given,
    read_size,
)
from dittosim.importing.flow_schedule import FLOW_SCHEDULER, FlowSchedule, read_any_schedule
from dittosim.importing.schedule_files import FoundSchedule, choose_schedule
from dittosim.importing.scheduler import DDPM_SCHEDULE
from dittosim.options import (
    ForceOption,
    JsonOption,
    SeedOption,
    images_option,
    output_option,
    steps_option,
)
from golden.denoising.diffusion import Schedule
from golden.denoising.samplers import Sampler
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.formats.encoding import Encoding
from golden.reading import read_json
from golden.wording import number_of
from golden.workload.class_counts import ClassWriter, load_counts, total_widths
from golden.workload.trace import TraceWriter, load_trace

AnySchedule = Schedule | FlowSchedule


def capture(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a diffusers model or pipeline.")
    ],
    output: Annotated[Path, output_option("DIR", "New folder to write.")],
    steps: Annotated[int, steps_option("Denoising steps.")] = 50,
    images: Annotated[int, images_option("Images sampled.")] = 1,
    seed: SeedOption = 0,
    context: ContextOption = None,
    inputs: InputsOption = None,
    guidance: Annotated[
        float | None,
        typer.Option(metavar="SCALE", help="Classifier-free guidance, above 1: two passes a step."),
    ] = None,
    negative: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="What guidance leads away from: a context (.npy), or what differs (.npz).",
        ),
    ] = None,
    size: SizeOption = None,
    schedule: ScheduleOption = None,
    sampler: Annotated[
        Sampler | None,
        typer.Option(help="How images follow from predictions; ddim if absent, flows have one."),
    ] = None,
    classes: Annotated[
        bool, typer.Option("--classes", help="Keep only counts of zero, narrow and wide.")
    ] = False,
    layers: Annotated[
        str, typer.Option(metavar="PATTERN", help="Layers by name; * stands for anything.")
    ] = "*",
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Run a diffusers model in PyTorch and write what its layers multiply, as int8.

    For any class that denoises images, and models too large for NumPy. Samples twice: first for the
    ranges, then for the trace, which `dittosim simulate` takes in place of a workload. Needs the
    extra "capture". Example:

    `dittosim capture stable-diffusion -o trace --context prompt.npy --layers "*attn1*"`
    """
    check_writable(json, force=force)
    arrays = read_given(context, inputs)
    without = _without(guidance, negative)
    asked_size = read_size(size)
    found = model_folder(folder)
    path = found / CONFIG_FILE
    values = read_json(path)
    found_schedule = _schedule(folder, schedule, values, sampler)
    found_schedule.check_steps(steps)
    check_loadable(found)
    try:
        from dittosim.capture.guidance import Guidance
        from dittosim.capture.model import CapturedModel, DenoiserClass
        from dittosim.capture.sampling import Sampling
    except ImportError as error:
        raise DittosimError(f"capture runs models in PyTorch: {error}; {INSTALL_EXTRAS}") from error

    kind = DenoiserClass(path, values)
    shape = kind.image_shape(asked_size)
    given = kind.inputs(arrays, images, f"{path}: ")
    led_from = None
    if guidance is not None:
        null = null_inputs(kind.name, kind.config)
        if not without and not null:
            raise DittosimError(
                f"--guidance {guidance:g}: give what it leads away from with --negative F, such as "
                "the context of an empty prompt"
            )
        led_from = kind.inputs({**arrays, **null, **without}, images, f"{negative or path}: ")
    sampling = Sampling(
        schedule=found_schedule.schedule,
        steps=steps,
        seed=seed,
        guidance=Guidance(given, led_from, guidance or 1.0),
        image_shape=shape,
        images=images,
        tokens=kind.tokens(shape),
        packed=kind.denoiser.packed,
        sampler=sampler or Sampler.DDIM,
    )
    sampling.first_time()  # before anything large is read

    with whole_folder(output, force=force) as part, progress() as bar:
        task = bar.add_task(f"capture {folder}", total=2 * steps)
        model = CapturedModel(found, kind, layers)
        ranges = Ranges()
        shares = sampling.find_ranges(model, ranges, lambda: bar.advance(task))
        _check_room(ranges, layers, part, 0 if classes else steps)
        writer = ClassWriter(part, steps) if classes else TraceWriter(part, steps)
        step = 0

        def write(product: FloatProduct) -> None:
            if ranges.changes(product.name):
                layer, operands = ranges.quantized(product)
                writer.add(layer, step, operands)

        def stepped() -> None:
            nonlocal step
            step += 1
            bar.advance(task)

        model.watcher.seen = write
        sampling.run(model, stepped)
        writer.finish(_source(kind.name, folder, guidance), images, seed)
    write_json(json, _summary(output, classes, shares))


def _without(guidance: float | None, negative: Path | None) -> Arrays:
    if guidance is None:
        if negative is not None:
            raise DittosimError("--negative goes with --guidance SCALE")
        return {}
    if not (math.isfinite(guidance) and guidance > 1):
        raise DittosimError(
            f"--guidance {guidance:g}: must be above 1; at 1 there is no guidance, leave it out"
        )
    return read_negative(negative) if negative else {}


def _schedule(
    folder: Path, asked: str | None, values: dict[str, Any], sampler: Sampler | None
) -> FoundSchedule[AnySchedule]:
    """The schedule of the model, of the kind that its class needs."""
    kind = str(values.get("_class_name"))
    needs_flow = kind in DENOISERS and DENOISERS[kind].flow
    default: AnySchedule = FlowSchedule() if needs_flow else DDPM_SCHEDULE
    found: FoundSchedule[AnySchedule] = choose_schedule(folder, asked, read_any_schedule, default)
    flow = isinstance(found.schedule, FlowSchedule)
    if needs_flow and not flow:
        raise DittosimError(
            f"{found.source} tells a schedule of noise, but {kind} needs one of flow matching "
            f"({FLOW_SCHEDULER}); give it with --schedule"
        )
    if flow and sampler is not None:
        raise DittosimError(
            f"--sampler {sampler.value}: flow matching ({found.source}) has steps of its own; "
            "leave it out"
        )
    return found


def _source(kind: str, folder: Path, guidance: float | None) -> str:
    source = f"{kind} in {folder.resolve().name}"
    return source if guidance is None else f"{source}, guidance {guidance:g}"


def _check_room(ranges: Ranges, pattern: str, folder: Path, steps: int) -> None:
    if not ranges.seen:
        raise DittosimError(f"--layers {pattern}: no layer has such a name; try '*attn1*'")
    if not ranges.layers:
        raise DittosimError(
            f"--layers {pattern}: what these layers multiply is the same at all steps, so the host "
            "computes it ahead; try '*attn1*'"
        )
    needed, free = steps * ranges.step_bytes, shutil.disk_usage(folder).free
    if needed > free:
        raise DittosimError(
            f"the trace takes {needed / 1e6:,.1f} MB, but only {free / 1e6:,.1f} MB are free: "
            "choose fewer --layers, or --classes"
        )


def _summary(folder: Path, classes: bool, shares: MacShares) -> dict[str, Any]:
    """Prints what was captured, and gives it for --json."""
    trace = load_trace(folder)
    d = trace.description
    size = sum(path.stat().st_size for path in folder.iterdir())
    console.print(
        f"{folder}: {number_of(len(d.layers), 'layer')}, {number_of(d.steps, 'step')}, "
        f"{number_of(d.images, 'image')}, "
        f"{size / 1e6:,.1f} MB",
        soft_wrap=True,
    )
    console.print(shares.text())
    figures: dict[str, Any] = {
        **d.model_dump(mode="json", exclude={"layers"}),
        "layers": len(d.layers),
        "bytes": size,
        "macs": asdict(shares),
    }
    if classes:
        counts = load_counts(trace)
        table = result_table("elements, %", "mode", "zero", "4 bits or fewer", "more")
        for mode in Mode:
            widths = total_widths(counts, Encoding.SIGN_MAGNITUDE, mode)
            parts = {"zero": widths.zero, "narrow": widths.narrow, "wide": widths.wide}
            percent = {k: 100 * part / max(1, widths.elements) for k, part in parts.items()}
            table.add_row(mode.value, *(f"{part:.1f}" for part in percent.values()))
            figures.setdefault("elements_percent", {})[mode.value] = percent
        console.print(table)
    return figures
