"""Processes that a command starts end with it, whatever ends it: even if it is killed outright.

A watcher, a process of its own, waits at a pipe whose other end only the command holds. When the
command is no more it kills all that carry the command's mark in their environment, which children
of children inherit: workers, compilers, simulators. Signals of the kernel at the death of a parent
would reach only the first of them.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

from dittosim import watcher

TEMPORARY = "TMPDIR"

_watchers: list[tuple[subprocess.Popen[bytes], dict[str, str]]] = []
"""The watcher, if there is one, and the environment before it"""


def watch() -> None:
    """From now on what this process starts will not outlive it; costs something only once.

    What its children leave in their folder for temporary files is removed, too.
    """
    if _watchers:
        return
    folder = tempfile.mkdtemp(prefix="dittosim-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    mark = uuid4().hex
    before = dict(os.environ)
    process = subprocess.Popen(
        # By path, so that it starts without importing this package.
        [sys.executable, str(Path(watcher.__file__)), mark, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # Where a command runs within another one, the watcher outlives that one's end.
        env={name: value for name, value in before.items() if name != watcher.MARK},
    )
    _watchers.append((process, before))
    os.environ |= {watcher.MARK: mark, TEMPORARY: folder}


def end() -> None:
    """Kills what this process started and is watched; returns when it is gone."""
    while _watchers:
        process, before = _watchers.pop()
        process.communicate()
        for variable in (watcher.MARK, TEMPORARY):
            os.environ.pop(variable)
            if variable in before:
                os.environ[variable] = before[variable]
