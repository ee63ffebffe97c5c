"""The builds in the cache: what there is, and which ones make room for others."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from golden.cache import cache_folder, usual_cache
from golden.errors import DittosimError
from tb.harness.build_lock import alone_at_once, remove_lock

LIMIT_VARIABLE = "DITTOSIM_CACHE_LIMIT"
LIMIT = 1.0
"""GB that builds may take, if the variable does not say otherwise"""

BUILT = "built"
"""Empty file in a build that is whole; its time is when the build was last used"""

_NAME = re.compile(r".+-(verilator|icarus)-[0-9a-f]{20}")


@dataclass(frozen=True)
class StoredBuild:
    """A compiled simulation in the cache, or what an interrupted one left."""

    folder: Path
    size: int
    """Bytes"""
    used: float
    """When it was last used, in seconds since the epoch"""


def stored_builds() -> list[StoredBuild]:
    """What is in the cache, the one used last coming last."""
    try:
        folders = [path for path in usual_cache().iterdir() if _NAME.fullmatch(path.name)]
    except OSError:  # no cache yet
        return []
    return sorted(map(_stored, folders), key=lambda build: build.used)


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder; what vanishes meanwhile counts nothing."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(Path(parent, name)).st_size
            except FileNotFoundError:
                continue
    return size


def remove(build: StoredBuild) -> bool:
    """Removes a build unless it is in use; returns whether it did."""
    try:
        with alone_at_once(build.folder):
            shutil.rmtree(build.folder, ignore_errors=True)
            remove_lock(build.folder)
    except BlockingIOError:
        return False
    return True


def limit() -> float:
    """Bytes that builds may take; DittosimError if ``DITTOSIM_CACHE_LIMIT`` is no such number."""
    text = os.environ.get(LIMIT_VARIABLE, str(LIMIT))
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = -1.0
    if not gigabytes >= 0:
        raise DittosimError(
            f"{LIMIT_VARIABLE} is '{text}': give the cache's limit in GB, such as 1"
        )
    return gigabytes * 1e9


def make_room() -> None:
    """Removes the builds that were not used for longest until the rest is within the limit."""
    builds = stored_builds()
    excess = sum(build.size for build in builds) - limit()
    for build in builds[:-1]:  # never the one that was just made
        if excess <= 0:
            break
        if remove(build):
            excess -= build.size


def build_folder(name: str) -> Path:
    """Where the build of that name is or shall be."""
    folder = cache_folder() / name
    assert _NAME.fullmatch(folder.name)
    return folder


def _stored(folder: Path) -> StoredBuild:
    mark = folder / BUILT
    try:
        used = (mark if mark.exists() else folder).stat().st_mtime
    except FileNotFoundError:  # removed meanwhile
        used = 0.0
    return StoredBuild(folder, folder_size(folder), used)
