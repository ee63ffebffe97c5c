"""Command line options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

MAX_IMAGES = 100_000
"""Of a run: more would not fit any memory"""

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
StepOption = Annotated[
    int, typer.Option(min=0, help="Denoising step whose tensors are taken; the first is 0.")
]
WorkloadArgument = Annotated[str, typer.Argument(help="Workload by name, or its folder.")]
ImagesOption = Annotated[
    int, typer.Option(min=1, max=MAX_IMAGES, help="Images sampled, one after the other.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of all that is random.")]
LibertyOption = Annotated[
    Path, typer.Option(metavar="F", help="Standard cells: a Liberty file, .lib or .lib.gz.")
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
