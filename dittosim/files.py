"""What commands leave on disk: files that are whole or absent, and none replaced unasked.

One rule for all commands: what exists is not replaced unless ``--force`` is given, and then only
the files that the command writes. Commands that go on where they stopped (sweep, compare, train)
do so in a folder of the same settings. A file that is empty, or that holds the very same already,
may always be written.
"""

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dittosim import signals
from dittosim.console import console
from golden.errors import DittosimError
from golden.files import holds, naming, whole_file, write_changed, write_whole

ANOTHER_FOLDER = "choose another with -o"
REFUSED = {stat.S_ISDIR: "a folder; name a file in it", stat.S_ISBLK: "a disk"}
REFUSED |= {stat.S_ISSOCK: "a socket; give - and join stdout to what reads it"}


def output_folder(path: Path, *names: str, force: bool = False, cure: str = ANOTHER_FOLDER) -> Path:
    """Creates a folder for files called ``names``, or says why that cannot be and the cure.

    DittosimError if it cannot be written, or has such a file already and that is not to be
    replaced (``force``).
    """
    for name in [] if force else names:
        if _holds_something(path / name):
            raise exists(path / name, cure)
    try:
        path.mkdir(parents=True, exist_ok=True)
        _try_writing(path)
    except OSError as error:
        raise DittosimError(f"cannot write to folder {path}: {error.strerror}; {cure}") from error
    return path


def check_writable(path: Path | None, *, force: bool = False) -> None:
    """Fails (DittosimError) before the work if the file to be written at its end cannot be.

    Or if there is such a file already and it is not to be replaced (``force``).
    """
    if path is None or str(path) == "-":
        return
    try:
        mode = path.stat().st_mode if os.path.lexists(os.path.realpath(path)) else 0
        for is_kind, kind in REFUSED.items():
            if is_kind(mode):
                raise DittosimError(f"cannot write {path}: it is {kind}")
        if stat.S_ISFIFO(mode):
            _join(path)
        elif not stat.S_ISCHR(mode):
            _try_writing(Path(os.path.realpath(path)).parent)
    except OSError as error:
        raise DittosimError(
            f"cannot write {path}: {error.strerror}; choose a file in a folder that can be written"
        ) from error
    if not force and _holds_something(path):
        raise exists(path, "name another")


def exists(path: Path, cure: str) -> DittosimError:
    """What to say of a file or folder that would be replaced."""
    return DittosimError(f"{path} exists already: {cure}, or replace it with --force")


def _holds_something(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.is_dir() or (not _is_stream(path) and path.stat().st_size > 0)
    return False


def _is_stream(path: Path) -> bool:
    """Whether it is a device or a pipe, which takes what is written and is not replaced."""
    # Also /dev/stdout, where that is a file.
    where = path.absolute().parts[1:2]
    return where in (("dev",), ("proc",)) or (path.exists() and not path.is_file())


def _join(pipe: Path) -> None:
    """Becomes a writer of a named pipe until the process ends, so that its reader waits for it."""
    try:
        os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        raise DittosimError(
            f"cannot write {pipe}: nobody reads this pipe; start what reads it first"
        ) from error


def _try_writing(folder: Path) -> None:
    # Permissions alone do not tell: there are read-only file systems, and root.
    with tempfile.TemporaryFile(dir=folder):
        pass


@contextmanager
def whole_folder(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Yields an empty folder to fill, which becomes ``path`` if all goes well.

    DittosimError before the work if ``path`` is there already, or cannot be made. With ``force``
    a folder may be there: files of the same name are replaced, at the end and one by one.
    """
    resolved = path.resolve()
    if path.exists() and not path.is_dir():
        raise DittosimError(f"{path} is a file: {ANOTHER_FOLDER}")
    filled = path.exists() and (any(path.iterdir()) or resolved == Path.cwd())
    if filled and not force:
        raise exists(path, ANOTHER_FOLDER)
    parent = output_folder(resolved.parent)
    with signals.held():
        hidden = tempfile.TemporaryDirectory(prefix=f".{resolved.name}.", dir=parent)
    with hidden as temporary:
        part = Path(temporary) / "part"
        part.mkdir()
        try:
            yield part
        except DittosimError as error:
            raise DittosimError(str(error).replace(str(part), str(path))) from error
        with naming(path):
            if filled:
                for file in part.iterdir():
                    file.replace(resolved / file.name)
            else:
                part.replace(resolved)


def write_texts(folder: Path, texts: Mapping[str, str], *, force: bool = False) -> list[Path]:
    """Writes files into a folder that exists; returns their paths.

    DittosimError if one that holds another text would be replaced without ``force``.
    """
    for name, text in [] if force else texts.items():
        path = folder / name
        if path.is_file() and _holds_something(path) and not holds(path, text):
            raise exists(path, ANOTHER_FOLDER)
    return write_changed(folder, texts)


def json_text(figures: Mapping[str, Any]) -> str:
    """Figures as all JSON files of commands have them."""
    return json.dumps(figures, indent=2) + "\n"


def write_json(path: Path | None, figures: Mapping[str, Any]) -> None:
    """Writes figures where --json asks for them, and says so: all of the file, or nothing."""
    write_text(path, json_text(figures))


def write_text(path: Path | None, text: str) -> None:
    """Writes text where an option asks for it, - being stdout, and says so.

    All of the file, or nothing.
    """
    if path is None:
        return
    if str(path) == "-":
        sys.stdout.write(text)
    elif _is_stream(path):
        with naming(path), path.open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        write_whole(path, text)
        say_written(path)


def say_written(*paths: Path) -> None:
    """Says which files a command has written, in a line that is not broken."""
    console.print(f"written: {', '.join(map(str, paths))}", soft_wrap=True)


__all__ = [
    "check_writable",
    "exists",
    "json_text",
    "output_folder",
    "say_written",
    "whole_file",
    "whole_folder",
    "write_json",
    "write_text",
    "write_texts",
    "write_whole",
]
