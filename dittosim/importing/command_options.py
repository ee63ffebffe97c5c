"""Command line options of the commands that take a diffusers model."""

import re
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from golden.array_reading import read_array, read_arrays
from golden.errors import DittosimError

MAX_SIDE = 1 << 16
CONTEXT = "encoder_hidden_states"
"""The argument that a context is, in every class"""
NUMBERS = "biuf"
"""Kinds of elements that a model takes"""


ContextOption = Annotated[
    Path | None,
    typer.Option(
        "--context", metavar="F.npy", help="What the model attends to: floats (tokens, channels)."
    ),
]
InputsOption = Annotated[
    Path | None,
    typer.Option(
        "--inputs",
        metavar="F.npz",
        help="What else the model takes: arrays by the names of its arguments.",
    ),
]
SizeOption = Annotated[
    str | None,
    typer.Option(
        metavar="HxW",
        help="Height and width of the images, or one side; the model's own if absent.",
    ),
]
ScheduleOption = Annotated[
    str | None,
    typer.Option(
        metavar="F",
        help="Scheduler's file to take, or \"default\" for DDPM's where the model has none.",
    ),
]


def read_size(text: str | None) -> tuple[int, int] | None:
    """Height and width of images from ``HxW``, or from one side of square ones.

    Raises DittosimError if the text is neither.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})(?:[xX](\d{1,6}))?", text.strip(), re.ASCII)
    sides = [int(side) for side in found.groups() if side] if found else []
    if not sides or min(sides) < 1 or max(sides) > MAX_SIDE:
        raise DittosimError(
            f"--size {text}: give one side, such as 64, or height x width, such as 64x48"
        )
    return sides[0], sides[-1]


def read_context(path: Path | None) -> np.ndarray | None:
    """The context in a .npy file as float32 (tokens, channels), or None without a file.

    Raises DittosimError for a file that holds none.
    """
    if path is None:
        return None
    context = read_array(path, "context")
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


def read_inputs(path: Path | None) -> dict[str, np.ndarray]:
    """The arrays in a .npz file as float32, int64 or bool, all finite; none without a file.

    Raises DittosimError for a file that is damaged or holds anything else.
    """
    if path is None:
        return {}
    arrays = read_arrays(path, "inputs", "write it again with numpy.savez")
    return {name: _numbers(f"{path}: array '{name}'", array) for name, array in arrays.items()}


def read_given(context: Path | None, inputs: Path | None) -> dict[str, np.ndarray]:
    """What both files give, the context under its argument's name.

    Raises DittosimError as the readers of both do, and if both hold a context.
    """
    arrays, tokens = read_inputs(inputs), read_context(context)
    if tokens is not None:
        if CONTEXT in arrays:
            raise DittosimError(f"--context: {inputs} holds '{CONTEXT}' as well; leave one out")
        arrays[CONTEXT] = tokens
    return arrays


def _numbers(what: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in NUMBERS:
        raise DittosimError(f"{what} holds {array.dtype}, no numbers")
    if array.dtype.kind == "b":
        return array
    if not np.isfinite(array).all():
        raise DittosimError(f"{what} holds values that are not finite")
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
