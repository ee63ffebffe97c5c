"""Where compiled loops are kept: every state of the sources has a folder of its own.

Numba compiles a loop anew when its own file changes, but not when a function or a constant that it
took from another file does.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from golden.cache import cache_folder

SOURCES = ("golden", "sim")
"""Packages with compiled loops"""
KEPT = 4
"""States of the sources whose compiled loops are kept, however long nobody has used them"""
UNUSED_SECONDS = 7 * 24 * 3600
"""Others are kept as long: a process may be in the middle of them"""


def sources_digest(packages: Iterable[Path]) -> str:
    """What names the state of all Python files of ``packages``."""
    found = hashlib.sha256()
    for package in packages:
        for path in sorted(package.rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def compiled_folder(cache: Path, digest: str) -> Path:
    """Where loops of that state are kept; those of states that nobody uses are removed."""
    folder = cache / digest
    with suppress(OSError):  # another process removes or makes the same
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        states = sorted(cache.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in states[KEPT:]:
            if path.stat().st_mtime < time.time() - UNUSED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
    return folder


def loops_folder() -> Path:
    """That of the sources as they are."""
    root = Path(__file__).parent.parent
    return compiled_folder(
        cache_folder() / "numba", sources_digest(root / package for package in SOURCES)
    )
