"""A diffusers model on disk: its folder and its safetensors files, read without PyTorch."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors

from golden.errors import DittosimError
from golden.reading import check_regular, read_json
from golden.workload.kinds import Kind, kind_of
from golden.workload.workload import shipped_workloads

CONFIG_FILE = "config.json"
PIPELINE_FILE = "model_index.json"
WEIGHT_FILES = (
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.fp16.safetensors",
)
PICKLES = "diffusion_pytorch_model*.bin*"
"""Weights that only PyTorch reads"""
MODEL_FOLDERS = ("unet", "transformer")
SCHEDULER_FOLDER = "scheduler"
SCHEDULER_FILE = "scheduler_config.json"
FLOATS = {"F16": np.float16, "F32": np.float32, "F64": np.float64}


def model_folder(folder: Path) -> Path:
    """The folder of the denoiser: ``folder`` itself, or the part of a pipeline that denoises.

    Raises DittosimError if there is none.
    """
    if (folder / CONFIG_FILE).is_file():
        return folder
    for name in MODEL_FOLDERS:
        if (folder / name / CONFIG_FILE).is_file():
            return folder / name
    found = kind_of(shipped_workloads().get(str(folder), folder))
    if found is Kind.WEIGHTS:
        inside = (folder.parent / CONFIG_FILE).is_file()
        where = f"its folder, {folder.parent}" if inside else f"the folder with its {CONFIG_FILE}"
        raise DittosimError(f"{folder} is {found.value}: give {where}")
    if found:
        raise DittosimError(f"{folder} is {found.value}, no diffusers model: {found.use}")
    if not folder.is_dir():
        raise DittosimError(f"no folder {folder}: give that of a diffusers model or pipeline")
    raise DittosimError(
        f"{folder} holds no {CONFIG_FILE}, nor do {' or '.join(MODEL_FOLDERS)} in it: give the "
        "folder of a diffusers model or pipeline"
    )


class Checkpoint:
    """The tensors of a model in one file or several, each read when it is asked for."""

    def __init__(self, path: Path, files: Mapping[str, tuple[Path, Any]]) -> None:
        self.path = path
        """What messages name: the file, or the index of several"""
        self._files = files
        """Each tensor's file, and its open handle"""
        self._unread = set(files)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator["Checkpoint"]:
        """The checkpoint in a model's folder; DittosimError if there is none that can be read."""
        for name in WEIGHT_FILES:
            index = folder / index_of(name)
            if index.is_file():
                shards = _shards(index)
                break
            if os.path.lexists(folder / name):
                index, shards = folder / name, {folder / name: None}
                break
        else:
            raise DittosimError(f"{folder} holds no {WEIGHT_FILES[0]}{_instead(folder)}")
        with ExitStack() as stack:
            files: dict[str, tuple[Path, Any]] = {}
            for path, expected in shards.items():
                check_regular(path, "weights", "restore the file")
                with _readable(path):
                    file = stack.enter_context(safetensors.safe_open(path, "numpy"))
                    names = set(file.keys())
                for name in sorted((expected or set()) - names):
                    raise DittosimError(f"{path}: tensor '{name}' is missing, which {index} lists")
                for name in sorted(names):
                    if name in files:
                        raise DittosimError(f"tensor '{name}' is in {files[name][0]} and in {path}")
                    files[name] = path, file
            yield cls(index, files)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def names(self) -> list[str]:
        """All tensors."""
        return list(self._files)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of a tensor as it is stored; None if there is no such tensor."""
        if name not in self:
            return None
        return tuple(self._files[name][1].get_slice(name).get_shape())

    def tensor(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """A tensor as float32; DittosimError if it is missing or not of ``shape``."""
        if name not in self:
            raise DittosimError(
                f"{self.path}: tensor '{name}' is missing, which {CONFIG_FILE} asks for"
            )
        path, file = self._files[name]
        part = file.get_slice(name)
        found, kind = tuple(part.get_shape()), part.get_dtype()
        if kind not in FLOATS:
            raise DittosimError(
                f"{path}: tensor '{name}' is {kind}; store the model as float32 or float16"
            )
        if found != shape:
            raise DittosimError(
                f"{path}: tensor '{name}' is {found}, but {CONFIG_FILE} asks for {shape}"
                + _pruned(found, shape)
            )
        with _readable(path):
            values = file.get_tensor(name).astype(np.float32)
        if not np.isfinite(values).all():
            raise DittosimError(f"{path}: tensor '{name}' holds values that are not finite")
        self._unread.discard(name)
        return values

    def check_all_read(self, optional: set[str]) -> None:
        """Raises DittosimError if there are tensors that nobody asked for, beside ``optional``."""
        unread = self._unread - optional
        if unread:
            name = min(unread)
            raise DittosimError(
                f"{self._files[name][0]}: nothing in {CONFIG_FILE} asks for tensor '{name}'; "
                "the model has a part that the import does not know"
            )


def _instead(folder: Path) -> str:
    """What to do where there is none."""
    stem = WEIGHT_FILES[0].partition(".")[0]
    if any(folder.glob(f"{stem}-*-of-*.safetensors")):
        return f", but parts of one: restore {index_of(WEIGHT_FILES[0])}, which lists them"
    return ": save the model with save_pretrained(safe_serialization=True)"


def check_loadable(folder: Path) -> None:
    """DittosimError for a model's folder whose weights PyTorch could not load."""
    if not any(folder.glob(PICKLES)):
        with Checkpoint.opened(folder):
            pass


def weights_variant(folder: Path) -> str | None:
    """What diffusers calls the kind of weights in a folder: None, or "fp16" if it has no other."""
    plain, half = WEIGHT_FILES
    there = [
        (folder / name).exists() or (folder / index_of(name)).exists() for name in (plain, half)
    ]
    return "fp16" if there == [False, True] else None


def index_of(name: str) -> str:
    """The file that lists the tensors of a checkpoint in several files: ``X.safetensors``'s."""
    stem, *variant = name.removesuffix(".safetensors").split(".")
    return ".".join([stem, "safetensors", "index", *variant, "json"])


def _shards(index: Path) -> dict[Path, set[str] | None]:
    """The files that an index names, each with its tensors; DittosimError if it is damaged."""
    listed = read_json(index).get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise DittosimError(f"{index}: weight_map: must name the file of every tensor")
    shards: dict[Path, set[str] | None] = {}
    for tensor, name in listed.items():
        if not isinstance(name, str) or Path(name).name != name or "/" in name or not name:
            raise DittosimError(
                f"{index}: weight_map.{tensor} = {name!r}: must be a file beside it"
            )
        names = shards.setdefault(index.parent / name, set())
        if names is not None:
            names.add(tensor)
    return shards


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DittosimError(f"cannot read weights {path}: {error}") from error
    except safetensors.SafetensorError as error:
        raise DittosimError(
            f"cannot read weights {path}: {error}; the file may be cut short, restore it"
        ) from error


def _pruned(found: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """What to do if a tensor has other channels than it should, and nothing else is wrong."""
    if len(found) != len(shape) or found[2:] != shape[2:]:
        return ""
    return (
        "; its channels are not those of the configuration: save the one that belongs to the "
        f"weights as {CONFIG_FILE} (fewer channels are taken between the two convolutions of a "
        "residual block alone)"
    )
