"""Processes that a command starts end with it, whatever ends it: even if it is killed outright.

A watcher, a process of its own, waits at a pipe whose other end only the command holds. When the
command is no more it kills all that carry the command's mark in their environment, which children
of children inherit: workers, compilers, simulators. Signals of the kernel at the death of a parent
would reach only the first of them.
"""

import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from dittosim import watcher

TEMPORARY = "TMPDIR"


class _Watched(NamedTuple):
    """That this process is watched."""

    pid: int
    """Of the watcher"""
    pipe: int
    """This end of it"""
    environment: dict[str, str]
    """As it was before"""


_watched: list[_Watched] = []


def watch() -> None:
    """From now on what this process starts will not outlive it; costs something only once.

    What its children leave in their folder for temporary files is removed, too.
    """
    if _watched:
        return
    folder = tempfile.mkdtemp(prefix="dittosim-")
    # Finalizers of others, which may write there, are made later and run before this one.
    weakref.finalize(watch, shutil.rmtree, folder, ignore_errors=True)
    mark, before = uuid4().hex, dict(os.environ)
    theirs, ours = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        # By path, so that it starts without importing this package.
        [sys.executable, str(Path(watcher.__file__)), mark, folder],
        # Where a command runs within another one, the watcher outlives that one's end.
        {name: value for name, value in before.items() if name != watcher.MARK},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, theirs, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
        setsid=True,
    )
    os.close(theirs)
    _watched.append(_Watched(pid, ours, before))
    os.environ |= {watcher.MARK: mark, TEMPORARY: folder}


def end() -> None:
    """Kills what this process started and is watched; returns when it is gone."""
    while _watched:
        pid, pipe, before = _watched.pop()
        os.close(pipe)
        os.waitpid(pid, 0)
        for variable in (watcher.MARK, TEMPORARY):
            os.environ.pop(variable)
            if variable in before:
                os.environ[variable] = before[variable]
