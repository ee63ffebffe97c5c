"""Reads .npy files that others made, mapped from disk, or an error in one line."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from golden.reading import check_regular, unreadable

ARCHIVE = b"PK\x03\x04"
PICKLE = b"\x80"
ARRAY = b"\x93NUMPY"


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
