"""Threads that no signal leaves waiting for each other."""

import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Threads:
    """A pool of threads; a context, at whose end they have ended.

    Python's handlers of signals run in the main thread between any two instructions: also where it
    has just taken a lock that the pool needs, and if the handler raises (Ctrl-C does) nobody
    releases that one. Here they run between results instead.
    """

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with _HandlersWait():
            self._pool.shutdown(cancel_futures=True)

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        progress: Callable[[], object] | None = None,
    ) -> list[Result]:
        """``function`` of each item, in their order; ``progress`` is called after each.

        Raises what any of them raises; what no thread has begun when the context ends is not done.
        """
        results = []
        with _HandlersWait() as handlers:
            for each in self._pool.map(function, items):
                results.append(each)
                if progress:
                    progress()
                handlers.run()
        return results


class _HandlersWait:
    """Python's handlers of signals run when asked to, and at the end; a context."""

    def __init__(self) -> None:
        self._before: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._came: list[int] = []

    def __enter__(self) -> Self:
        # Others than the main thread neither run handlers nor may set them.
        if threading.current_thread() is threading.main_thread():
            try:
                self._replace()
            except BaseException:
                self.__exit__()
                raise
        return self

    def _replace(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            if callable(handler):
                self._before[number] = handler
                signal.signal(number, lambda came, _: self._came.append(came))

    def run(self) -> None:
        """Runs the handlers of the signals that came, in their order."""
        while self._came:
            number = self._came.pop(0)
            self._before[number](number, None)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.run()
