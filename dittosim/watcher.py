"""The watcher of :mod:`dittosim.children`, run as a script: ends what a dead command has left."""

import contextlib
import shutil
import signal
import sys
import time
from collections.abc import Iterator

import psutil

MARK = "DITTOSIM_COMMAND"
"""The environment variable by which processes of a command are known"""
TRACKER = "resource_tracker"
"""In the command line of a process of joblib's that cleans up by itself and then ends"""
PATIENCE = 10.0
"""Seconds until it gives up on processes that do not die"""


def watch(mark: str, folder: str) -> None:
    """Waits until stdin ends, kills all processes of that ``mark`` and removes ``folder``."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    deadline = time.monotonic() + PATIENCE
    # Again until there are none: they may start others meanwhile.
    while (found := list(marked(mark))) and time.monotonic() < deadline:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1)
    shutil.rmtree(folder, ignore_errors=True)


def marked(mark: str) -> Iterator[psutil.Process]:
    """The processes that were started with that mark and are still alive."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) != mark or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if not any(TRACKER in word for word in process.cmdline()):
                yield process


if __name__ == "__main__":
    watch(*sys.argv[1:])
