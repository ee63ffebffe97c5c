import signal
import subprocess
import sys
import time

import pytest

from golden.threads import Threads
from tests.helpers.command_line import REPOSITORY

AT_A_LOCK = """
import signal, sys, threading
from golden.threads import Threads

def handler(number, frame):
    raise KeyboardInterrupt

def interrupted(self, *arguments, seen=[]):
    taken = threading.Condition.{method}_(self, *arguments)
    # A thread that starts is not known yet to threading.
    if threading.get_ident() == threading.main_thread().ident:
        seen.append(self)
        if len(seen) == {turn}:
            signal.raise_signal(signal.SIGTERM)
    return taken

signal.signal(signal.SIGTERM, handler)
threading.Condition.{method}_ = threading.Condition.{method}
threading.Condition.{method} = interrupted
try:
    with Threads(2) as threads:
        print(len(threads.map(abs, range(50))))
except KeyboardInterrupt:
    print("interrupted", threading.active_count())
"""
"""A signal that comes where the main thread has just taken a lock, or is about to release it"""


@pytest.mark.parametrize("method", ["__enter__", "__exit__"])
@pytest.mark.parametrize("turn", [1, 2, 3, 10, 30])
def test_a_signal_at_a_lock(method: str, turn: int) -> None:
    text = AT_A_LOCK.format(method=method, turn=turn)
    ended = subprocess.run(
        [sys.executable, "-c", text],
        cwd=REPOSITORY,
        timeout=60,
        check=True,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "interrupted 1\n"


def test_results_are_in_order_and_told_of() -> None:
    seen = []
    with Threads(2) as threads:
        assert threads.map(lambda x: -x, range(20), lambda: seen.append(1)) == [
            -x for x in range(20)
        ]
        assert threads.map(str, []) == []
    assert len(seen) == 20


def test_what_was_not_begun_is_not_done() -> None:
    begun = []

    def fail(item: int) -> None:
        begun.append(item)
        time.sleep(0.01)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"), Threads(2) as threads:
        threads.map(fail, range(1000))
    assert len(begun) < 100


def test_handlers_run_between_results() -> None:
    """One that does not raise changes nothing, and all are as they were afterwards."""
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append((number, len(seen))))
    seen: list[int] = []

    def progress() -> None:
        seen.append(1)
        if len(seen) in (3, 5):
            signal.raise_signal(signal.SIGTERM)
            assert len(came) == (len(seen) == 5)

    try:
        with Threads(2) as threads:
            assert threads.map(abs, range(9), progress) == list(range(9))
        assert came == [(signal.SIGTERM, 3), (signal.SIGTERM, 5)]
        signal.raise_signal(signal.SIGTERM)
        assert len(came) == 3
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_have_threads_too() -> None:
    with Threads(1) as outer:

        def inner(item: int) -> list[int]:
            with Threads(2) as threads:
                return threads.map(abs, [item, -item])

        assert outer.map(inner, [1, 2]) == [[1, 1], [2, 2]]
