"""Work on several cores."""

import signal
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from joblib import Parallel, delayed


def in_parallel(
    jobs: int, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], *, ordered: bool
) -> Iterator[Any]:
    """Results of ``function`` in worker processes, as they come or in the order of ``arguments``.

    Ctrl-C reaches only this process, which then ends the workers.
    """
    # Workers inherit the mask; without it each one shows a traceback of its own.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        parallel = Parallel(
            n_jobs=jobs, return_as="generator" if ordered else "generator_unordered"
        )
        return parallel(delayed(function)(*each) for each in arguments)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
