"""Command line options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dittosim import streams

MAX_IMAGES = 100_000
"""Of a run: more would not fit any memory"""


def _take_stdout(path: Path | None) -> Path | None:
    streams.taken = streams.taken or str(path) == "-"
    return path


def text_option(name: str, text: str) -> Any:
    """An option for a file of text, which may be stdout: then that holds nothing else."""
    return typer.Option(
        name, metavar="F", callback=_take_stdout, help=f"{text} to this file; - for stdout."
    )


def output_option(metavar: str, text: str) -> Any:
    """Where a command writes: DIR, a folder, or F, a file."""
    callback = _take_stdout if metavar == "F" else None
    return typer.Option("--output", "-o", metavar=metavar, callback=callback, help=text)


def config_option(when: str = "") -> Any:
    """The machine; where it is not always asked for, ``when`` says that it is."""
    file = "(tiny, small, paper) or TOML file"
    text = f"{when}: preset {file}; small if absent." if when else f"Preset {file}."
    return typer.Option("--config", "-c", metavar="C", help=text)


def jobs_option(what: str) -> Any:
    """How many processes compute."""
    return typer.Option("--jobs", "-j", min=1, help=what)


def all_cores(what: str) -> Any:
    """The same, where as many as there are cores."""
    return jobs_option(f"{what} at once; all cores if absent.")


def images_option(text: str, *, least: int = 1, most: int = MAX_IMAGES) -> Any:
    """How many images."""
    return typer.Option("--images", min=least, max=most, help=text)


def steps_option(text: str) -> Any:
    """How many steps."""
    return typer.Option("--steps", min=1, max=1000, help=text)


ConfigOption = Annotated[str, config_option()]
JsonOption = Annotated[Path | None, text_option("--json", "Also write the figures")]
StepsOption = Annotated[int | None, steps_option("Denoising steps; the workload's own if absent.")]
StepOption = Annotated[
    int, typer.Option(min=0, help="Denoising step whose tensors are taken; the first is 0.")
]
WorkloadArgument = Annotated[str, typer.Argument(help="Workload by name, or its folder.")]
ImagesOption = Annotated[int, images_option("Images sampled, one after the other.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of all that is random.")]
LibertyOption = Annotated[
    Path,
    typer.Option(
        metavar="F",
        help="Standard cells: a Liberty file, .lib or .lib.gz.",
        show_default="qflow's of 180 nm",
    ),
]
MemoriesOption = Annotated[
    Path | None,
    typer.Option(metavar="F", help="Memory macros: a TOML file; CACTI's of 45 nm if absent."),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace files that exist; without it they are kept.")
]
BytesPerCycleOption = Annotated[
    int,
    typer.Option(
        min=1,
        max=1 << 20,
        help="What memory is assumed to move per cycle; 4 is a 32-bit port.",
    ),
]
