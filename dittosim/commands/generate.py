"""``dittosim generate``: Verilog and manifest."""

from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.files import output_folder, write_texts
from dittosim.options import ConfigOption, ForceOption
from golden.errors import DittosimError
from golden.machine.config import load_config
from rtl.emission.emit import TOPS, check_top, emit
from rtl.emission.package import package_texts


def generate(
    config: ConfigOption = "small",
    top: Annotated[str, typer.Option(help=f"Top module: {', '.join(TOPS)}.")] = "tile",
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the files.")] = Path(
        "build"
    ),
    force: ForceOption = False,
) -> None:
    """Write a module as Verilog, with a JSON manifest of its modules and ports.

    Files that hold the same already are left alone, so that build tools see no change.
    The accelerator comes with its driver in C, a file list and a FuseSoC core file. Examples:

    `dittosim generate --config tiny --top pe -o build`

    `dittosim generate --config small --top accelerator -o build`
    """
    machine = load_config(config)
    if top not in TOPS:
        raise DittosimError(f"no top module '{top}': choose one of {', '.join(TOPS)}")
    check_top(top, machine)
    folder = output_folder(output)
    with progress() as bar:
        bar.add_task(f"generate {top}", total=None)
        emission = emit(top, machine)
    texts = emission.texts()
    if top == "accelerator":
        texts |= package_texts(emission)
    for path in write_texts(folder, texts, force=force):
        console.print(f"{path}  {path.stat().st_size:,} bytes", soft_wrap=True)
