"""``dittosim sample``: images of a workload."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from dittosim.console import console, progress
from dittosim.files import (
    check_writable,
    json_text,
    output_folder,
    whole_file,
    write_json,
    write_whole,
)
from dittosim.flows import FlowName, golden_flow, machine_flow
from dittosim.options import (
    ForceOption,
    JsonOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
    config_option,
    images_option,
    jobs_option,
    output_option,
)
from dittosim.plots import plot_sheet
from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.wording import number_of
from golden.workload.workload import Workload, load_workload
from tb.harness.simulators import Simulator

if TYPE_CHECKING:
    from dittosim.programs.images import Drawing
    from golden.step.program import StepProgram

SHEET_IMAGES = 100
"""How many images the sheet shows"""
IMAGES, SHEET, SETTINGS = "images.npy", "images.png", "sample.json"
CONFIG = "small"


class Place(StrEnum):
    """What computes the steps."""

    GOLDEN = "golden"
    SIM = "sim"
    VERILOG = "verilog"


@dataclass
class _Run:
    """What is asked for."""

    model: Workload
    place: str
    """Name or folder of the workload"""
    count: int
    batch: int
    steps: int
    last_step: int
    sampler: Sampler
    seed: int
    labels: np.ndarray | None
    flow: FlowName


def sample(
    workload: WorkloadArgument,
    output: Annotated[Path, output_option("DIR", "Folder for the images.")],
    steps: StepsOption = None,
    seed: SeedOption = 0,
    count: Annotated[int, images_option("Images sampled.", most=10_000)] = 16,
    batch: Annotated[
        int, typer.Option(min=1, help="Images sampled together; changes speed and memory only.")
    ] = 16,
    label: Annotated[
        list[int] | None,
        typer.Option(
            "--class",
            metavar="N",
            help="Class asked for; all in turn if absent. May be repeated: they are taken in turn.",
        ),
    ] = None,
    sampler: Annotated[Sampler, typer.Option(help="How images follow from predictions.")] = (
        Sampler.DDIM
    ),
    flow: Annotated[
        FlowName,
        typer.Option(
            help="Execution flow of the integer model (all give the same images), or float."
        ),
    ] = FlowName.TEMPORAL,
    until: Annotated[
        int | None,
        typer.Option(min=0, help="Last step that is run, from 0; all if absent."),
    ] = None,
    on: Annotated[
        Place,
        typer.Option(
            help="What computes the steps: the integer model; a program, its cycles number_of; "
            "the emitted Verilog."
        ),
    ] = Place.GOLDEN,
    config: Annotated[
        str | None,
        config_option("With --on sim or verilog"),
    ] = None,
    simulator: Annotated[
        Simulator | None,
        typer.Option(help="With --on verilog: Verilog simulator; verilator if absent."),
    ] = None,
    jobs: Annotated[
        int | None,
        jobs_option("With --on verilog: images at once."),
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Turn noise into images with a workload's integer model.

    Writes images.npy (float32, count x height x width x channels, in -1 to 1), images.png with
    the first 100 of them, and sample.json. Example:

    `dittosim sample digits-unet --steps 50 --seed 1 --count 16 -o samples`

    With --on sim and --on verilog a program computes the same images on a machine, step by step
    and one by one; a table and sample.json say what that costs. On the Verilog every byte of
    memory is compared with golden's after every step, and every counter with sim's:

    `dittosim sample digits-unet --on verilog -c small --count 2 -j 2 -o drawn`
    """
    check_writable(json, force=force)
    _check_place(on, config, simulator, jobs)
    mode = None if on is Place.GOLDEN else machine_flow(flow)
    machine = load_config(config or CONFIG)
    model = load_workload(workload)
    labels = _labels(model, label, count)
    steps = model.steps(steps)
    last = _last_step(until, steps, flow)
    run = _Run(model, workload, count, batch, steps, last, sampler, seed, labels, flow)
    folder = output_folder(output, IMAGES, SHEET, SETTINGS, force=force)
    drawings: list[Drawing] = []
    program: StepProgram | None = None
    if mode is None:
        batches = _on_golden(run, until)
    else:
        from dittosim.programs.steps import planned_program

        program = planned_program(model, machine, mode, steps=steps, seed=seed)
        wanted = (simulator or Simulator.VERILATOR) if on is Place.VERILOG else None
        batches = _on_machine(run, program, wanted, jobs or 1, drawings)
    shown: list[np.ndarray] = []
    with whole_file(folder / IMAGES) as part, part.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False}
        shape = (count, *model.description.image_shape)
        np.lib.format.write_array_header_1_0(file, {**header, "shape": shape})
        for images in batches:
            file.write(np.ascontiguousarray(images, "<f4").data)
            shown += [*images[: SHEET_IMAGES - len(shown)]]
    names = None if labels is None else labels[:SHEET_IMAGES].tolist()
    plot_sheet(np.array(shown), names, folder / SHEET)
    settings: dict[str, Any] = {
        "workload": model.name,
        "count": count,
        "steps": steps,
        "seed": seed,
        "sampler": sampler.value,
        "flow": flow.value,
        "classes": None if labels is None else labels.tolist(),
    }
    if until is not None:
        settings["until"] = until
    figures: dict[str, Any] = {}
    if program:
        from dittosim.programs.cost import cost_figures, cost_table

        figures = cost_figures(drawings, program)
        settings["on"] = on.value
        if on is Place.VERILOG:
            settings["simulator"] = (simulator or Simulator.VERILATOR).value
        settings["machine"] = figures
    write_whole(folder / SETTINGS, json_text(settings))
    if program:
        where = settings.get("simulator", "sim")
        title = f"{model.name} ({flow.value}) on {config or CONFIG}, {where}"
        console.print(cost_table(title, figures))
    left = f", left after step {until}" if until is not None else ""
    taken = number_of(steps, f"{sampler.value} step")
    console.print(
        f"{number_of(count, 'image')} of {model.name} in {taken} ({flow.value}){left}, "
        f"seed {seed}: {folder}/{SHEET}, {IMAGES}, {SETTINGS}",
        soft_wrap=True,
    )
    write_json(json, settings)
    if figures.get("differences"):
        console.print(figures["first_difference"], style="red", soft_wrap=True)
        raise typer.Exit(1)


def _check_place(
    on: Place, config: str | None, simulator: Simulator | None, jobs: int | None
) -> None:
    """DittosimError if an option is given that would do nothing."""
    if on is Place.GOLDEN and config is not None:
        raise DittosimError("--config is for --on sim or verilog: give one, or leave it out")
    if on is not Place.VERILOG and (simulator is not None or jobs is not None):
        raise DittosimError("--simulator and --jobs are for --on verilog: leave them out")


def _last_step(until: int | None, steps: int, flow: FlowName) -> int:
    if until is None:
        return steps - 1
    if flow is FlowName.FLOAT:
        raise DittosimError("--until is for the integer model: leave it out with --flow float")
    if until >= steps:
        raise DittosimError(f"--until {until}: the run has steps 0 to {steps - 1}; choose one")
    return until


def _on_golden(run: _Run, until: int | None) -> Iterator[np.ndarray]:
    """Images by batches, with a bar."""
    model, floating = run.model, run.flow is FlowName.FLOAT
    # sums in floating point depend on how many rows are multiplied together
    batch = 1 if floating else run.batch
    with progress() as bar:
        work = (run.last_step + 1) * (1 if floating else len(model.layers()))
        task = bar.add_task(f"sample {model.name}", total=work * -(-run.count // batch))
        for number, noise in enumerate(model.noise_batches(run.count, run.seed, batch)):
            first = number * batch
            own = None if run.labels is None else run.labels[first : first + batch]
            seed = ImageSeed(run.seed, first)
            if floating:
                yield model.sample_float(
                    noise, run.steps, labels=own, sampler=run.sampler, seed=seed
                )
                bar.advance(task, run.steps)
                continue
            yield model.sample(
                golden_flow(run.flow),
                noise,
                run.steps,
                lambda _: bar.advance(task),
                labels=own,
                sampler=run.sampler,
                seed=seed,
                last_step=until,
            )


def _on_machine(
    run: _Run,
    program: "StepProgram",
    simulator: Simulator | None,
    processes: int,
    drawings: "list[Drawing]",
) -> Iterator[np.ndarray]:
    """Images one by one, on Verilog if a simulator is named; ``drawings`` grows by each."""
    from dittosim.programs.sampling import drawn_on_sim, drawn_on_verilog, sampling_jobs

    jobs = list(
        sampling_jobs(
            run.model,
            run.place,
            program,
            run.count,
            run.steps,
            run.last_step,
            run.sampler,
            run.seed,
            run.labels,
        )
    )
    if simulator is None:
        found = drawn_on_sim(jobs, run.model)
    else:
        found = drawn_on_verilog(jobs, run.model, simulator, processes)
    for drawing in found:
        drawings.append(drawing)
        yield drawing.image


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
