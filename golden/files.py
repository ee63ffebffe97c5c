"""Files that are whole or absent; errors that name them."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import DittosimError

if TYPE_CHECKING:
    import numpy as np

_log = logging.getLogger(__name__)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """What goes wrong with a file while it is written becomes a DittosimError that names it."""
    try:
        yield
    except OSError as error:
        raise DittosimError(f"cannot write {path}: {_reason(error)}") from error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields the path of a file to write, which becomes ``path`` if all goes well.

    Of a symbolic link what it leads to is replaced. DittosimError names ``path`` if it cannot be
    written; then what was there before is there still.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with naming(path):
            yield part
            part.replace(target)
            _log.info("wrote %s, %s bytes", path, f"{target.stat().st_size:,}")
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes | memoryview) -> None:
    """Writes text (UTF-8) or bytes with :func:`whole_file`."""
    with whole_file(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def save_array(path: Path, array: "np.ndarray") -> None:
    """Writes a .npy file with :func:`whole_file`."""
    import numpy as np  # here, since commands that write no arrays need none

    # NumPy's own way to write to a file does not tell what went wrong.
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_whole(path, buffer.getbuffer())


def save_tensors(path: Path, tensors: "Mapping[str, np.ndarray]") -> None:
    """Writes a .safetensors file with :func:`whole_file`."""
    import safetensors.numpy  # here, since most of what writes files writes no tensors

    with whole_file(path) as part:
        try:
            safetensors.numpy.save_file(dict(tensors), part)
        except safetensors.SafetensorError as error:
            raise DittosimError(f"cannot write {path}: {error}") from error


def write_changed(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Writes files into ``folder``; returns their paths.

    One that holds the same text already is left alone, so that build tools see no change.
    """
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        if not holds(folder / name, text):
            write_whole(folder / name, text)
    return [folder / name for name in texts]


def holds(path: Path, text: str) -> bool:
    """Whether that is the text of a file."""
    return path.is_file() and path.read_bytes() == text.encode()


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
