"""Work on several cores."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from typing import Any

from joblib import Parallel, delayed

from dittosim import children, signals, verbose
from golden.cache import cache_folder
from golden.errors import DittosimError


def in_parallel(
    jobs: int, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], *, ordered: bool
) -> Iterator[Any]:
    """Results of ``function`` in worker processes, as they come or in the order of ``arguments``.

    Signals that end a command reach only this process, which then ends the workers, and all that
    they started. They do not outlive it. DittosimError if a worker is killed.
    """
    # joblib replaces workers whose memory has grown, and says so; nothing is lost. What an
    # interrupted command leaves undone it says itself.
    for message in ("A worker stopped while some jobs", r"\d+ tasks (have been|which were)"):
        warnings.filterwarnings("ignore", message, UserWarning)
    runs = list(arguments)
    jobs = min(jobs, max(1, len(runs)))
    cache_folder()  # chosen for all of them, and what there is to say of it said once
    children.watch()
    # Workers inherit the mask; without it each one shows a traceback of its own.
    with signals.held():
        parallel = Parallel(
            n_jobs=jobs, return_as="generator" if ordered else "generator_unordered"
        )
        began = verbose.began()
        results = parallel(delayed(verbose.in_worker)(began, function, *each) for each in runs)
    return _told(results)


def _told(results: Iterator[Any]) -> Iterator[Any]:
    # Here, so that the pool lives no longer than what is made of its results.
    try:
        yield from results
    except BrokenExecutor as error:
        raise DittosimError(
            "a worker process was killed, as systems do where memory runs out: take fewer jobs "
            "(-j), or smaller work"
        ) from error
