"""Signals that end a command: SIGTERM and SIGHUP do what Ctrl-C does."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

ENDING = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "hung up",
}
"""What a command says that a signal ended"""
PATIENCE = 2.0
"""Seconds in which more signals change nothing: ``timeout`` sends two, the impatient any number"""

_received: list[tuple[signal.Signals, float]] = []


def interrupt() -> None:
    """From now on they raise KeyboardInterrupt, but those that the command is to ignore."""
    _received.clear()
    sys.unraisablehook = _send_again
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)


def kill() -> None:
    """From now on they end the process at once: nothing is left that would have to be removed."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def held() -> Iterator[None]:
    """Signals come when it is over: between making something and knowing how to remove it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def came() -> bool:
    """Whether one of them did."""
    return bool(_received)


def ended_by() -> str:
    """What to say of the signal that came."""
    return ENDING[_last()]


def exit_code() -> int:
    """128 and the number of the signal that came, as shells have it."""
    return 128 + _last()


def _send_again(lost: Any) -> None:
    """Where it came amid a callback of C code the exception would be printed, and lost."""
    if lost.exc_type is not KeyboardInterrupt or not _received:
        sys.__unraisablehook__(lost)
        return
    number, _ = _received.pop()
    timer = threading.Timer(0.05, os.kill, (os.getpid(), number))
    timer.daemon = True
    timer.start()


def _last() -> signal.Signals:
    return _received[-1][0] if _received else signal.SIGINT


def _raise(number: int, _: FrameType | None) -> None:
    now = time.monotonic()
    if _received and now < _received[-1][1] + PATIENCE:
        return
    _received.append((signal.Signals(number), now))
    raise KeyboardInterrupt
