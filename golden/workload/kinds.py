"""What a path holds that a user may have meant: the commands that take it, by its files."""

from enum import Enum
from pathlib import Path

WORKLOAD_FILE = "workload.json"
TRACE_FILE = "trace.json"
MODEL_FILES = ("model_index.json", "config.json", "unet/config.json", "transformer/config.json")

FEW = 3
"""Names of files that a message lists"""


class Kind(Enum):
    """Kinds of things on disk, in words."""

    WORKLOAD = "a workload"
    TRACE = "a trace"
    MODEL = "a diffusers model"
    WEIGHTS = "a file of weights"
    CONFIGURATION = "a TOML file"

    @property
    def use(self) -> str:
        """What to do with it instead."""
        return {
            Kind.WORKLOAD: "it needs no import, every command takes it as it is",
            Kind.TRACE: "`dittosim simulate` takes it",
            Kind.MODEL: "make it a workload with `dittosim import`, or a trace with "
            "`dittosim capture`",
            Kind.WEIGHTS: "give the folder that it is part of",
            Kind.CONFIGURATION: "machines are given with --config",
        }[self]


def kind_of(path: Path) -> Kind | None:
    """What is at ``path``, by its files; None if there is nothing known."""
    if (path / WORKLOAD_FILE).is_file():
        return Kind.WORKLOAD
    if (path / TRACE_FILE).is_file():
        return Kind.TRACE
    if any((path / name).is_file() for name in MODEL_FILES):
        return Kind.MODEL
    if path.is_file() and path.suffix in (".safetensors", ".bin", ".pt", ".ckpt", ".pth"):
        return Kind.WEIGHTS
    if path.is_file() and path.suffix == ".toml":
        return Kind.CONFIGURATION
    return None


def contents(folder: Path) -> str:
    """What a folder holds, for a message that says what it is not."""
    try:
        names = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir())
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if not names:
        return "it is empty"
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"it holds {', '.join(names[:FEW])}{more}"
