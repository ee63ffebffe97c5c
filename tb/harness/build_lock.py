"""Locks on builds: shared while a build is run, exclusive while it is made or removed.

They end with the process that holds them, whatever ends it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_use(build: Path) -> Iterator[None]:
    """Keeps a build from being removed; waits until nobody makes or removes it."""
    with _locked(build, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(build: Path) -> Iterator[None]:
    """Keeps all others from a build; waits for them."""
    with _locked(build, fcntl.LOCK_EX):
        yield


def remove_lock(build: Path) -> None:
    """Removes the lock's file; for who holds the build :func:`alone`."""
    _path(build).unlink()


@contextmanager
def alone_at_once(build: Path) -> Iterator[None]:
    """As :func:`alone`; raises BlockingIOError if the build is in use."""
    with _locked(build, fcntl.LOCK_EX | fcntl.LOCK_NB):
        yield


def _path(build: Path) -> Path:
    return build.with_name(f"{build.name}.lock")


@contextmanager
def _locked(build: Path, operation: int) -> Iterator[None]:
    path = _path(build)
    while True:
        with path.open("a") as file:
            fcntl.flock(file, operation)
            # Whoever held it before may have removed it with its build.
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield
                return
