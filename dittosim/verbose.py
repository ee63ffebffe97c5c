"""What ``--verbose`` tells on stderr: lines of the loggers of all packages, with seconds."""

import logging
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

from dittosim import streams

PACKAGES = ("dittosim", "golden", "rtl", "sim", "tb")
MEGABYTE = 1024
"""In the unit in which the system tells memory"""

BEGAN = time.time()
"""When the command did: this is imported first"""

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class Lines(logging.Handler):
    """Lines with the seconds since a command began."""

    def __init__(self, began: float) -> None:
        super().__init__()
        self.began = began

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line, and below it the traceback that it may carry."""
        seconds = record.created - self.began
        streams.say(f"{seconds:7.1f} s  {self.format(record)}")


def begin(began: float | None = None) -> None:
    """From now on tells; ``began`` is when the command did, in seconds since the epoch.

    Given in a worker, whose lines are to have the seconds of its command.
    """
    streams.verbose = True
    for name in PACKAGES:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [Lines(BEGAN if began is None else began)]
    if began is None:
        from importlib.metadata import version  # takes its time

        python = platform.python_version()
        _log.info("dittosim %s, Python %s, %s", version("dittosim"), python, " ".join(sys.argv))


def began() -> float | None:
    """When the command did, if it tells."""
    if not streams.verbose:
        return None
    return next(
        one.began for one in logging.getLogger(PACKAGES[0]).handlers if isinstance(one, Lines)
    )


def in_worker(began: float | None, function: Callable[..., Result], *arguments: Any) -> Result:
    """Calls it, and what the command's ``--verbose`` tells is told there, too.

    ``began`` is what :func:`began` says in the command.
    """
    if began is not None:
        begin(began)
    return function(*arguments)


def end() -> None:
    """Tells what the command took; from now on nothing is told."""
    if not streams.verbose:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _log.info(
        "done: %.1f s of this process's own work, at most %s MB; of others' %.1f s",
        used.ru_utime + used.ru_stime,
        f"{used.ru_maxrss / MEGABYTE:,.0f}",
        sum(os.times()[2:4]),
    )
    for name in PACKAGES:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).setLevel(logging.NOTSET)
        logging.getLogger(name).propagate = True
    streams.verbose = False
