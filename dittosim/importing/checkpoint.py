"""A diffusers model on disk: ``config.json`` and its safetensors file, read without PyTorch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors

from golden.errors import DittosimError

CONFIG_FILE = "config.json"
PIPELINE_FILE = "model_index.json"
WEIGHT_FILES = (
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.fp16.safetensors",
)
MODEL_FOLDERS = ("unet", "transformer")
SCHEDULER_FOLDER = "scheduler"
SCHEDULER_FILE = "scheduler_config.json"
FLOATS = {"F16": np.float16, "F32": np.float32, "F64": np.float64}


def model_folder(folder: Path) -> Path:
    """The folder of the denoiser: ``folder`` itself, or the part of a pipeline that denoises.

    Raises DittosimError if there is none.
    """
    if not folder.is_dir():
        raise DittosimError(f"no folder {folder}: give that of a diffusers model or pipeline")
    if (folder / CONFIG_FILE).is_file():
        return folder
    for name in MODEL_FOLDERS:
        if (folder / name / CONFIG_FILE).is_file():
            return folder / name
    raise DittosimError(
        f"{folder} holds no {CONFIG_FILE}, nor do {' or '.join(MODEL_FOLDERS)} in it: give the "
        "folder of a diffusers model or pipeline"
    )


def scheduler_file(folder: Path) -> Path | None:
    """The scheduler's description of a pipeline or of the model in it; None if there is none."""
    for root in (folder, model_folder(folder).parent):
        path = root / SCHEDULER_FOLDER / SCHEDULER_FILE
        if path.is_file() and (root / PIPELINE_FILE).is_file():
            return path
    return None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; DittosimError if it is none."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise DittosimError(f"cannot read {path}: {error}") from error
    if not isinstance(found, dict):
        raise DittosimError(f"{path}: holds no JSON object; restore the file")
    return found


class Checkpoint:
    """The tensors of a model, each read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unread: set[str] = set()
        self._file: Any = None

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator["Checkpoint"]:
        """The checkpoint in a model's folder; DittosimError if there is none that can be read."""
        paths = [folder / name for name in WEIGHT_FILES]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise DittosimError(
                f"{folder} holds no {WEIGHT_FILES[0]}: save the model with "
                "save_pretrained(safe_serialization=True) and in one file (max_shard_size)"
            )
        checkpoint = cls(path)
        try:
            with safetensors.safe_open(path, "numpy") as file:
                checkpoint._file = file
                checkpoint._unread = set(file.keys())
                yield checkpoint
        except OSError as error:
            raise DittosimError(f"cannot read weights {path}: {error}") from error
        except safetensors.SafetensorError as error:
            raise DittosimError(
                f"cannot read weights {path}: {error}; the file may be cut short, restore it"
            ) from error

    def __contains__(self, name: str) -> bool:
        return name in self._file.keys()  # noqa: SIM118 - not a mapping

    def tensor(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """A tensor as float32; DittosimError if it is missing or not of ``shape``."""
        if name not in self:
            raise DittosimError(
                f"{self.path}: tensor '{name}' is missing, which {CONFIG_FILE} asks for"
            )
        part = self._file.get_slice(name)
        found, kind = tuple(part.get_shape()), part.get_dtype()
        if kind not in FLOATS:
            raise DittosimError(
                f"{self.path}: tensor '{name}' is {kind}; store the model as float32 or float16"
            )
        if found != shape:
            raise DittosimError(
                f"{self.path}: tensor '{name}' is {found}, but {CONFIG_FILE} asks for {shape}"
            )
        values = self._file.get_tensor(name).astype(np.float32)
        if not np.isfinite(values).all():
            raise DittosimError(f"{self.path}: tensor '{name}' holds values that are not finite")
        self._unread.discard(name)
        return values

    def check_all_read(self, optional: set[str]) -> None:
        """Raises DittosimError if there are tensors that nobody asked for, beside ``optional``."""
        unread = self._unread - optional
        if unread:
            raise DittosimError(
                f"{self.path}: nothing in {CONFIG_FILE} asks for tensor '{min(unread)}'; "
                "the model has a part that the import does not know"
            )
