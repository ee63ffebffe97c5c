"""Results on disk: folders that can be written, and files that are whole or absent."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from golden.errors import DittosimError


def output_folder(path: Path, cure: str = "choose another with -o") -> Path:
    """Creates a folder for results, or says why that cannot be and the cure (DittosimError)."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        _try_writing(path)
    except OSError as error:
        raise DittosimError(f"cannot write to folder {path}: {error.strerror}; {cure}") from error
    return path


def check_writable(path: Path | None) -> None:
    """Fails (DittosimError) before the work if the file to be written at its end cannot be."""
    if path is None or str(path) == "-":
        return
    if path.is_dir():
        raise DittosimError(f"cannot write {path}: it is a folder; name a file in it")
    try:
        _try_writing(path.absolute().parent)
    except OSError as error:
        raise DittosimError(
            f"cannot write {path}: {error.strerror}; choose a file in a folder that can be written"
        ) from error


def _try_writing(folder: Path) -> None:
    # Permissions alone do not tell: there are read-only file systems, and root.
    with tempfile.TemporaryFile(dir=folder):
        pass


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields the path of a file to write, which becomes ``path`` if all goes well."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder to fill, which becomes ``path`` if all goes well.

    Raises DittosimError before the work if ``path`` is there already or cannot be made.
    """
    resolved = path.resolve()
    if path.exists() and (
        not path.is_dir() or any(path.iterdir()) or resolved == Path.cwd().resolve()
    ):
        raise DittosimError(f"{path} exists already: choose another folder with -o")
    parent = output_folder(resolved.parent)
    with tempfile.TemporaryDirectory(prefix=f".{resolved.name}.", dir=parent) as temporary:
        part = Path(temporary) / "part"
        part.mkdir()
        yield part
        part.replace(resolved)


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Writes figures where --json asks for them: all of the file, or nothing."""
    write_text(path, json.dumps(figures, indent=2) + "\n")


def write_text(path: Path | None, text: str) -> None:
    """Writes text where an option asks for it, - being stdout: all of the file, or nothing."""
    if path is None:
        return
    if str(path) == "-":
        sys.stdout.write(text)
    elif path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a device or a pipe, not to be replaced
    else:
        with whole_file(path) as part:
            part.write_text(text, encoding="utf-8")
