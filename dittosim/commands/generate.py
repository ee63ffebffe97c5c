"""``dittosim generate``: Verilog and manifest."""

from pathlib import Path
from typing import Annotated

import typer

from dittosim.api.generation import generate as generate_design
from dittosim.console import console
from dittosim.options import ConfigOption, ForceOption, output_option
from rtl.emission.emit import TOPS


def generate(
    config: ConfigOption = "small",
    top: Annotated[str, typer.Option(metavar="M", help=f"Module: {', '.join(TOPS)}.")] = "tile",
    output: Annotated[Path, output_option("DIR", "Folder for the files.")] = Path("build"),
    force: ForceOption = False,
) -> None:
    """Write a module as Verilog, with a JSON manifest of its modules and ports.

    Files that hold the same already are left alone, so that build tools see no change.
    The accelerator comes with its driver in C, a file list and a FuseSoC core file. Examples:

    `dittosim generate --config tiny --top pe -o build`

    `dittosim generate --config small --top accelerator -o build`
    """
    design = generate_design(top, config, output, force=force)
    for name in design.texts:
        path = output / name
        console.print(f"{path}  {path.stat().st_size:,} bytes", soft_wrap=True)
