"""Disks that are full."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = 4096


def pages(path: Path) -> int:
    """That a file takes on the disk."""
    return -(-path.stat().st_size // PAGE)


@contextmanager
def disk(folder: Path, count: int | None) -> Iterator[Path]:
    """A file system of so many pages, or as many as are wanted."""
    folder.mkdir()
    size = f"size={(count or 1) * PAGE}" if count is not None else "size=50%"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        if count == 0:  # would mean a disk without limit
            (folder / "full").write_bytes(bytes(PAGE))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def can_mount(folder: Path) -> bool:
    """Whether this process may do that; in many containers it may not."""
    try:
        with disk(folder, 1):
            return True
    except (OSError, subprocess.CalledProcessError):
        folder.rmdir()
        return False


@contextmanager
def nearly_full(
    folder: Path, before: list[Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder with room for the files ``before``, but not for the one called ``name``."""
    if can_mount(folder):
        with disk(folder, sum(map(pages, before))) as mounted:
            yield mounted
        return
    folder.mkdir()
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if Path(target).name == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        yield folder
