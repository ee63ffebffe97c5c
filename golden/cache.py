"""One folder for all that is kept between runs, the same for a process and its children.

``DITTOSIM_CACHE`` moves it. Where it cannot be written, a temporary folder serves until the end
of the process, and stderr says so.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from golden.errors import DittosimError

CACHE_VARIABLE = "DITTOSIM_CACHE"

LIBRARY_FOLDERS = ("matplotlib", "numba", "wasmtime")
"""What the libraries keep in the cache: fonts, compiled loops, the compiled Verilog backend"""

_found: Path | None = None


def usual_cache() -> Path:
    """Where the cache should be, whether or not it is there and can be written."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    try:
        return user_cache_path("dittosim")
    except RuntimeError:  # the system does not know this user, as in some containers
        return Path("~/.cache/dittosim")


def cache_folder() -> Path:
    """The cache, which is there and can be written.

    Raises DittosimError if not even a temporary folder can.
    """
    global _found
    folder = usual_cache()
    if folder != _found:
        _found = folder if (obstacle := _obstacle(folder)) is None else _temporary(folder, obstacle)
    return _found


def _obstacle(folder: Path) -> str | None:
    if not folder.is_absolute():
        return "there is no home folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permissions alone do not tell: there are read-only file systems, and root.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return str(error.strerror)


def _temporary(usual: Path, obstacle: str) -> Path:
    try:
        folder = Path(tempfile.mkdtemp(prefix="dittosim-cache-"))
    except OSError as error:
        raise DittosimError(
            f"cannot write to the cache {usual}: {obstacle}, nor to a temporary folder: "
            f"{error.strerror}; set {CACHE_VARIABLE} to a folder that can be written"
        ) from error
    print(
        f"cannot write to the cache {usual}: {obstacle}; using {folder} this once, "
        f"set {CACHE_VARIABLE} to a folder that can be written",
        file=sys.stderr,
    )
    os.environ[CACHE_VARIABLE] = str(folder)
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, owner: int) -> None:
    # Not where a child was forked.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
