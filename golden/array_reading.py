"""Reads .npy and .npz files that others made, or an error in one line."""

import math
import zipfile
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
        _check_size(size, start, shape, dtype)
        if 0 in shape:
            return np.zeros(shape, dtype)
        order: Literal["F", "C"] = "F" if fortran else "C"
        return np.asarray(np.memmap(path, dtype, "r", start, shape, order))
    except OSError as error:
        raise unreadable(path, error.strerror or str(error), what, cure) from error
    # Whatever the parsers of headers and types may raise: the file is damaged.
    except Exception as error:
        raise unreadable(path, str(error) or type(error).__name__, what, cure) from error


def read_arrays(path: Path, what: str = "", cure: str = "") -> dict[str, np.ndarray]:
    """The arrays in a .npz file by their names, in memory: whole, of numbers.

    Raises DittosimError naming the file, the array and what is wrong in it.
    """
    check_regular(path, what, cure)
    arrays: dict[str, np.ndarray] = {}
    reading = ""
    try:
        with path.open("rb") as file:
            first = file.read(len(ARRAY))
        if first == ARRAY:
            raise ValueError("it is one array (.npy), not an archive: save it with numpy.savez")
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                name = entry.filename.removesuffix(".npy")
                reading = f"array '{name}': "
                if name in arrays:
                    raise ValueError("the name is there twice")
                with archive.open(entry) as member:
                    shape, fortran, dtype = _header(member)
                    _check_size(entry.file_size, member.tell(), shape, dtype)
                    # To the end, where the archive's checksum is compared.
                    values = np.frombuffer(bytearray(member.read()), dtype)
                arrays[name] = values.reshape(shape, order="F" if fortran else "C")
    except OSError as error:
        raise unreadable(path, reading + (error.strerror or str(error)), what, cure) from error
    # Whatever the parsers of archives, headers and types may raise: the file is damaged.
    except Exception as error:
        reason = reading + (str(error) or type(error).__name__)
        raise unreadable(path, reason, what, cure) from error
    return arrays


def _check_size(size: int, start: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """ValueError unless ``size`` bytes hold that array, whose numbers begin at ``start``."""
    if dtype.hasobject:
        raise ValueError("it holds Python objects, not numbers")
    asked = start + math.prod(shape) * dtype.itemsize
    if size != asked:
        raise ValueError(f"it has {size:,} bytes, but its header asks for {asked:,}")


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
