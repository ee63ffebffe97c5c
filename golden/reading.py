"""Reads files that others made: regular ones, of a sane size, or an error in one line.

A pipe would be waited for until its end, so it is refused as a device is.
"""

import json
import stat
import tomllib
from pathlib import Path
from typing import Any, Literal

import numpy as np

from golden.errors import DittosimError

MAX_TEXT = 1 << 27
"""Bytes of a description; the largest known model's has a few million."""

LONGEST_REASON = 200
"""Characters of what a parser says that a message repeats."""

ARCHIVE = b"PK\x03\x04"
PICKLE = b"\x80"
ARRAY = b"\x93NUMPY"


def check_regular(path: Path, what: str = "", cure: str = "") -> int:
    """The size of a file in bytes; DittosimError if it is none that can be read.

    ``what`` stands before the path in the message, ``cure`` after the reason.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise unreadable(path, reason or str(error), what, cure) from error
    if stat.S_ISDIR(status.st_mode):
        raise unreadable(path, "it is a folder", what, cure)
    if stat.S_ISFIFO(status.st_mode):
        raise unreadable(path, "it is a pipe, not a file", what, cure)
    if not stat.S_ISREG(status.st_mode):
        raise unreadable(path, "it is no regular file", what, cure)
    return status.st_size


def unreadable(path: Path, reason: str, what: str = "", cure: str = "") -> DittosimError:
    """The error that says so, by the first line of ``reason``."""
    reason = reason.strip().splitlines()[0][:LONGEST_REASON] if reason.strip() else "it is damaged"
    return DittosimError(
        f"cannot read {what}{' ' if what else ''}{path}: {reason}{'; ' if cure else ''}{cure}"
    )


def read_text(path: Path, what: str = "", cure: str = "") -> str:
    """A text file's content; DittosimError naming it and what is wrong."""
    size = check_regular(path, what, cure)
    if size > MAX_TEXT:
        raise unreadable(path, f"{size:,} bytes are no description of anything", what, cure)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise unreadable(path, "it is not UTF-8 text", what, cure) from error
    except OSError as error:
        raise unreadable(path, error.strerror or str(error), what, cure) from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; DittosimError if it is none.

    Infinity and NaN are taken, as Python writes them: it is for the fields to refuse them.
    """
    text = read_text(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DittosimError(f"{path}: not valid JSON: {error}; restore the file") from error
    if not isinstance(found, dict):
        raise DittosimError(f"{path}: holds no JSON object; restore the file")
    return found


def read_toml(path: Path, what: str = "", cure: str = "") -> dict[str, Any]:
    """The content of a TOML file; DittosimError naming the file and what is wrong in it."""
    return parse_toml(read_text(path, what, cure), str(path))


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The content of TOML ``text``; ``source`` names it in errors (DittosimError)."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DittosimError(f"{source}: not valid TOML: {error}") from error


def read_array(path: Path, what: str = "", cure: str = "") -> np.ndarray:
    """The array in a .npy file, mapped from disk: read only, whole, of numbers.

    Raises DittosimError naming the file and what is wrong in it.
    """
    size = check_regular(path, what, cure)
    try:
        with path.open("rb") as file:
            shape, fortran, dtype = _header(file)
            start = file.tell()
        if dtype.hasobject:
            raise ValueError("it holds Python objects, not numbers")
        count = 1
        for length in shape:  # in Python's integers, which do not overflow
            count *= length
        if size != start + count * dtype.itemsize:
            raise ValueError(
                f"it has {size:,} bytes, but its header asks for {start + count * dtype.itemsize:,}"
            )
        if not count:
            return np.zeros(shape, dtype)
        order: Literal["F", "C"] = "F" if fortran else "C"
        return np.asarray(np.memmap(path, dtype, "r", start, shape, order))
    except OSError as error:
        raise unreadable(path, error.strerror or str(error), what, cure) from error
    # Whatever the parsers of headers and types may raise: the file is damaged.
    except Exception as error:
        raise unreadable(path, str(error) or type(error).__name__, what, cure) from error


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    first = file.read(len(ARRAY))
    if first.startswith(ARCHIVE):
        raise ValueError(
            "it is an archive (.npz or PyTorch's .pt), not a .npy file: save one array with "
            "numpy.save"
        )
    if first.startswith(PICKLE):
        raise ValueError("it is a pickle (.pt), not a .npy file: save the array with numpy.save")
    if first != ARRAY:
        raise ValueError("it does not begin like a .npy file")
    file.seek(0)
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"version {version} of the .npy format is not known")
    shape, fortran, dtype = readers[version](file)
    if any(length < 0 for length in shape):
        raise ValueError(f"its header asks for the shape {shape}")
    return shape, fortran, dtype
