"""How far a command is: a bar on a terminal, a line now and then in a log."""

import logging
import sys
import time
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from dittosim import streams

_log = logging.getLogger(__name__)

SECONDS = 5.0
"""Between two lines, and before the first: what takes no longer says nothing"""
SECONDS_VERBOSE = 1.0
"""The same where the user wants more; there the begin of all work is told, too"""


def progress() -> Progress:
    """A bar on stderr that vanishes when done, or :class:`Lines` if that is no terminal.

    Or with ``--verbose``, whose lines a bar would disturb.
    """
    console = Console(stderr=True)
    if streams.quiet:
        return Progress(console=console, disable=True, auto_refresh=False)
    # FORCE_COLOR makes no terminal.
    if streams.verbose or not (console.is_terminal and sys.stderr.isatty()):
        return Lines(console)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class Lines(Progress):
    """A line on stderr for a finished part, but no more than one in ``SECONDS``, and at the end."""

    def __init__(self, console: Console) -> None:
        super().__init__(console=console, disable=True, auto_refresh=False)
        self._last = time.monotonic()
        self._unfinished: set[TaskID] = set()

    def add_task(self, description: str, *arguments: Any, **more: Any) -> TaskID:
        """Begins work."""
        _log.info("%s", description)
        return super().add_task(description, *arguments, **more)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Counts finished parts."""
        super().advance(task_id, advance)
        self._tell(task_id)

    def update(self, task_id: TaskID, **changes: Any) -> None:
        """Changes the number of finished parts, or the description."""
        super().update(task_id, **changes)
        if "description" in changes and not self._tasks[task_id].total:
            _log.info("%s", changes["description"])
        self._tell(task_id)

    def _tell(self, task_id: TaskID) -> None:
        task, now = self._tasks[task_id], time.monotonic()
        ends = task.finished and task_id in self._unfinished
        seconds = SECONDS_VERBOSE if streams.verbose else SECONDS
        if not task.total or (not ends and now < self._last + seconds):
            return
        self._last = now
        if task.finished:
            self._unfinished.discard(task_id)
        else:
            self._unfinished.add(task_id)
        elapsed = timedelta(seconds=round(task.elapsed or 0))
        line = f"{task.description}: {task.completed:,.0f} of {task.total:,.0f} in {elapsed}"
        if streams.verbose:
            _log.info("%s", line)
        else:
            streams.say(line)
