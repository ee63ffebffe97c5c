"""Command line options that several commands share, and what they turn into."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from golden.errors import DittosimError

ConfigOption = Annotated[
    str,
    typer.Option("--config", "-c", metavar="C", help="Preset (tiny, small, paper) or TOML file."),
]
JsonOption = Annotated[
    Path | None,
    typer.Option("--json", metavar="F", help="Also write the figures to this file; - for stdout."),
]
StepsOption = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Denoising steps; the workload's own if absent.")
]
ImagesOption = Annotated[int, typer.Option(min=1, help="Images sampled, one after the other.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of all that is random.")]


def output_folder(path: Path) -> Path:
    """Creates a folder for results, or says why that cannot be (DittosimError)."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DittosimError(
            f"cannot create output folder {path}: {error.strerror}; choose another with -o"
        ) from error
    if not os.access(path, os.W_OK):
        raise DittosimError(f"cannot write to output folder {path}; choose another with -o")
    return path


def check_writable(path: Path | None) -> None:
    """Fails (DittosimError) before the work if the file to be written at its end cannot be."""
    if path is not None and str(path) != "-" and not os.access(path.absolute().parent, os.W_OK):
        raise DittosimError(f"cannot write {path}: its folder does not exist or is read-only")


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Writes figures where --json asks for them: all of the file, or nothing."""
    if path is None:
        return
    text = json.dumps(figures, indent=2) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        return
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    part.replace(path)
