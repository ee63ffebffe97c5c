"""Work on several cores."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from joblib import Parallel, delayed

from dittosim import children, signals
from golden.cache import cache_folder


def in_parallel(
    jobs: int, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], *, ordered: bool
) -> Iterator[Any]:
    """Results of ``function`` in worker processes, as they come or in the order of ``arguments``.

    Signals that end a command reach only this process, which then ends the workers, and all that
    they started. They do not outlive it.
    """
    cache_folder()  # chosen for all of them, and what there is to say of it said once
    children.watch()
    # Workers inherit the mask; without it each one shows a traceback of its own.
    with signals.held():
        parallel = Parallel(
            n_jobs=jobs, return_as="generator" if ordered else "generator_unordered"
        )
        return parallel(delayed(function)(*each) for each in arguments)
