"""Runs a denoiser of diffusers in PyTorch and hands over what it multiplies (extra ``capture``).

Layers are the convolutions and fully connected layers that work on pixels or tokens, and the
products of two tensors. Those on vectors of the time and class are left out: the host computes
them ahead.
"""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from dittosim.capture.denoisers import (
    DENOISERS,
    Config,
    Denoiser,
    check_together,
    image_shape,
    real_class,
)
from dittosim.capture.inputs import Arrays, checked
from dittosim.capture.watching import Watcher
from dittosim.importing.checkpoint import CONFIG_FILE, weights_variant
from dittosim.importing.weights import COMPUTED
from golden.errors import DittosimError
from golden.reading import LONGEST_REASON


class DenoiserClass:
    """A class of diffusers that denoises, and a model's options."""

    def __init__(self, path: Path, values: Mapping[str, Any]) -> None:
        """``values`` are those of the file ``path``; DittosimError if it is no denoiser's."""
        kind = values.get("_class_name")
        self.path = path
        self.name = real_class(kind, values) if isinstance(kind, str) else ""
        try:
            found = getattr(diffusers, self.name, None) if self.name.isidentifier() else None
        except (ImportError, RuntimeError):  # of a part that needs what is not installed
            found = None
        if not inspect.isclass(found) or not issubclass(found, diffusers.ModelMixin):
            raise DittosimError(
                f"{path}: _class_name = {kind!r}: diffusers {diffusers.__version__} has no such "
                "model"
            )
        parameters = list(inspect.signature(found.forward).parameters.values())[1:]
        self.parameters = {
            each.name: each.default is each.empty
            for each in parameters
            if each.kind is each.POSITIONAL_OR_KEYWORD
        }
        """Of its forward after self, each with whether it must be given"""
        if "timestep" not in list(self.parameters)[1:]:
            raise DittosimError(
                f"{path}: _class_name = {kind!r}: no denoiser, as it is not given a timestep"
            )
        options = inspect.signature(found.__init__).parameters.values()
        defaults = {each.name: each.default for each in options if each.default is not each.empty}
        self.config: Config = {**defaults, **values}
        self.known = DENOISERS.get(self.name)

    @property
    def denoiser(self) -> Denoiser:
        """What is known of the class."""
        return self.known or Denoiser(lambda _: [])

    def image_shape(self, size: tuple[int, int] | None) -> tuple[int, int, int]:
        """Height, width and channels of images of ``size``, or of the model's own.

        DittosimError if the model cannot take them.
        """
        with self._options_read():
            return image_shape(self.name, self.config, size)

    @contextmanager
    def _options_read(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise DittosimError(f"{self.path}: {error}") from error
        except (LookupError, TypeError) as error:  # of a type that no option of the class has
            raise DittosimError(
                f"{self.path}: no options of {self.name}: {type(error).__name__}: {error}"
            ) from error

    def tokens(self, image_shape: tuple[int, int, int]) -> int:
        """Of an image of that shape, as pipelines count them for a flow's times."""
        patch = 2 if self.denoiser.packed else self.config.get("patch_size") or 1
        return (image_shape[0] // patch) * (image_shape[1] // patch)

    def inputs(self, arrays: Arrays, images: int, what: str) -> Arrays:
        """The arrays as the model takes them for ``images`` images.

        Labels that are not given are the classes in turn. ``what`` says in messages where the
        arrays are from. Raises DittosimError for one that is missing, unknown or wrong.
        """
        where = f"{what}{self.name}"
        arguments = None
        if self.known:
            with self._options_read():
                arguments = self.known.arguments(self.config)
        for argument in arguments or []:
            if argument.below and argument.name not in arrays:
                arrays = {**arrays, argument.name: np.arange(images) % argument.below}
        found = checked(arrays, arguments, self.parameters, images, where)
        with self._options_read():
            check_together(self.config, found)
        return found


class CapturedModel:
    """A model in PyTorch that predicts noise or velocity; its ``watcher`` tells of each layer."""

    def __init__(self, folder: Path, kind: DenoiserClass, pattern: str = "*") -> None:
        """Loads the model in ``folder``; ``pattern`` chooses layers by name.

        Raises DittosimError if it cannot be loaded.
        """
        self.kind = kind
        self.model: nn.Module = _load(folder, kind.name).eval()
        self.watcher = Watcher(self.model, pattern)

    def __call__(self, image: np.ndarray, time: float, inputs: Arrays) -> np.ndarray:
        """The prediction for ``image`` float32 (batch, height, width, channels) at ``time``.

        The watcher tells of what is multiplied. Raises DittosimError if the model cannot take
        what it is given.
        """
        self.watcher.begin()
        with self.watcher:
            return self.predict(image, time, inputs)

    def counted_macs(self, image: np.ndarray, time: float, inputs: Arrays) -> int:
        """Multiply-accumulates of one evaluation by PyTorch's own count, half of its FLOPs."""
        # Fused attention on the CPU is not in its table; its parts are.
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            self.predict(image, time, inputs)
        return int(counter.get_total_flops()) // 2

    @torch.no_grad()
    def predict(self, image: np.ndarray, time: float, inputs: Arrays) -> np.ndarray:
        """As a call, watched by nobody."""
        planes = torch.from_numpy(image).permute(0, 3, 1, 2)
        packed = self.kind.denoiser.packed
        options = _nested({name: torch.from_numpy(np.array(x)) for name, x in inputs.items()})
        times, scale = torch.full((len(image),), time), self.kind.denoiser.time_scale
        options["timestep"] = times if scale == 1 else times / scale
        if packed:
            options = _ids(image.shape[1], image.shape[2], options) | options
        first, *others = self.kind.parameters
        for name in others:
            if self.kind.parameters[name]:  # such as a context that the model makes itself
                options.setdefault(name, None)
        options[first] = _pack(planes) if packed else planes
        try:
            output = self.model(**options)
        except (DittosimError, MemoryError):
            raise
        except Exception as error:  # of whatever code a model is made of
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise DittosimError(
                f"diffusers cannot run {self.kind.name} on these inputs: "
                f"{lines[0][:LONGEST_REASON]}"
            ) from error
        found = output if isinstance(output, torch.Tensor) else output[0]
        if packed:
            found = _unpack(found, image.shape[1], image.shape[2])
        if found.ndim != 4 or found.shape[2:] != planes.shape[2:]:
            raise DittosimError(
                f"{self.kind.name} predicts {tuple(found.shape)} for an image of "
                f"{tuple(planes.shape)}: capture runs models that predict planes of pixels"
            )
        return found.permute(0, 2, 3, 1).float().numpy()


def _nested(tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Tensors whose names have a dot as entries of dictionaries."""
    found: dict[str, Any] = {}
    for name, tensor in tensors.items():
        top, _, entry = name.partition(".")
        if entry:
            found.setdefault(top, {})[entry] = tensor
        else:
            found[top] = tensor
    return found


def _pack(planes: torch.Tensor) -> torch.Tensor:
    """(batch, channels, height, width) as tokens of 2 x 2 pixels, (batch, tokens, 4 * channels)."""
    blocks = planes.unflatten(3, (-1, 2)).unflatten(2, (-1, 2))
    return blocks.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def _unpack(tokens: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The inverse of :func:`_pack`."""
    blocks = tokens.unflatten(2, (-1, 2, 2)).unflatten(1, (height // 2, width // 2))
    return blocks.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


def _ids(height: int, width: int, options: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Positions of Flux's tokens as its pipeline numbers them: 0 for texts, row and column."""
    rows, columns = torch.arange(height // 2), torch.arange(width // 2)
    grid = torch.cartesian_prod(rows, columns).float()
    tokens = options["encoder_hidden_states"].shape[1]
    return {
        "img_ids": torch.cat([torch.zeros(len(grid), 1), grid], 1),
        "txt_ids": torch.zeros(tokens, 3),
    }


def _load(folder: Path, kind: str) -> Any:
    """The model with all of its weights; diffusers itself would draw at random what it misses."""
    diffusers.utils.logging.set_verbosity(diffusers.utils.logging.CRITICAL)
    diffusers.utils.logging.disable_progress_bar()
    try:
        model, found = getattr(diffusers, kind).from_pretrained(
            folder,
            local_files_only=True,
            low_cpu_mem_usage=False,
            torch_dtype=torch.float32,
            variant=weights_variant(folder),
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except MemoryError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise DittosimError(f"diffusers cannot load {folder}: {error}") from error
    except Exception as error:  # it trusts what files hold, such as an index
        raise DittosimError(
            f"diffusers cannot load {folder}: {type(error).__name__}: {error}"
        ) from error
    for name, stored, asked in sorted(found["mismatched_keys"]):
        raise DittosimError(
            f"{folder}: tensor '{name}' is {tuple(stored)}, but {CONFIG_FILE} asks for "
            f"{tuple(asked)}; diffusers runs no checkpoint whose channels were pruned, make it a "
            "workload with `dittosim import`"
        )
    for name in sorted(found["missing_keys"]):
        raise DittosimError(f"{folder}: tensor '{name}' is missing, which {CONFIG_FILE} asks for")
    for name in sorted(set(found["unexpected_keys"]) - COMPUTED):
        raise DittosimError(
            f"{folder}: nothing in {CONFIG_FILE} asks for tensor '{name}'; the model has a part "
            "that diffusers does not know"
        )
    return model
