"""Command line options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import DittosimError

if TYPE_CHECKING:
    import numpy as np

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
ImagesOption = Annotated[int, typer.Option(min=1, help="Images sampled, one after the other.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of all that is random.")]
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
ContextOption = Annotated[
    Path | None,
    typer.Option(
        "--context", metavar="F.npy", help="What the model attends to: floats (tokens, channels)."
    ),
]


def read_context(path: Path | None) -> "np.ndarray | None":
    """The context in a .npy file as float32 (tokens, channels), or None without a file.

    Raises DittosimError for a file that holds none.
    """
    if path is None:
        return None
    import numpy as np

    try:
        # Mapped, so that a header that lies about the size asks for no memory.
        context = np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError, EOFError) as error:
        raise DittosimError(f"cannot read context {path}: {error}") from error
    if context.ndim == 3 and len(context) == 1:
        context = context[0]
    if context.ndim != 2 or context.dtype.kind != "f":
        raise DittosimError(
            f"{path}: holds {context.dtype} {context.shape}, but a context is floats of shape "
            "(tokens, channels) or (1, tokens, channels)"
        )
    if not np.isfinite(context).all():
        raise DittosimError(f"{path}: holds values that are not finite")
    return context.astype(np.float32)
