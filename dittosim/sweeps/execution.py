"""Where points are computed: in this process, on its cores, or on a cluster, by Dask."""

import asyncio
import contextlib
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import resource_tracker
from typing import Any, Protocol

from dittosim import children, signals, streams, verbose
from dittosim.sweeps.figures import Scope
from dittosim.sweeps.lattice import Candidate
from dittosim.sweeps.run import Answer, Shared, Work, answers
from golden.cache import cache_folder
from golden.errors import DittosimError
from sim.run.tile_runs import layout_key

ANSWER_SECONDS = 15
"""In which a scheduler must answer"""
TILES_AT_ONCE = 32
"""Machines that one task times, at most"""
AGAIN = "what is done is kept, and the same command does the rest"


@dataclass(frozen=True)
class Task:
    """Candidates on a workload."""

    workload: str
    candidates: tuple[Candidate, ...]


class Workers(Protocol):
    """What computes tasks."""

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, list[Answer]]]:
        """Tasks and what comes of their candidates, as they are done.

        DittosimError if that cannot go on.
        """


def tasks_of(workload: str, candidates: Sequence[Candidate], scope: Scope) -> list[Task]:
    """Candidates in tasks: machines whose tiles share something in one, others by themselves."""
    if scope is Scope.STEPS:
        return [Task(workload, (candidate,)) for candidate in candidates]
    found = []
    ordered = sorted(candidates, key=_shared)
    for _, alike in groupby(ordered, key=_shared):
        each = tuple(alike)
        cuts = range(0, len(each), TILES_AT_ONCE)
        found += [Task(workload, each[cut : cut + TILES_AT_ONCE]) for cut in cuts]
    return found


def _shared(candidate: Candidate) -> tuple[str, str]:
    return candidate.flow.value, repr(layout_key(candidate.machine))


@contextmanager
def workers(works: Mapping[str, Work], jobs: int, scheduler: str | None) -> Iterator[Workers]:
    """Workers for tasks on ``works``, by workload.

    Without the address of a ``scheduler``: so many processes here, or this one if it is one.
    DittosimError if no scheduler answers.
    """
    if scheduler is None and jobs == 1:
        yield _Here(works)
        return
    # Whoever starts it lets signals through again, which are to be held below.
    resource_tracker.ensure_running()
    with contextlib.ExitStack() as stack:
        with warnings.catch_warnings(), signals.held():
            # Other warnings of what others' code does are no matter of who sweeps.
            warnings.simplefilter("ignore")
            client = stack.enter_context(_client(jobs, scheduler))
        # Those of a cluster write where nobody who sweeps reads.
        yield _OnDask(works, client, verbose.began() if scheduler is None else None)


class _Here:
    def __init__(self, works: Mapping[str, Work]) -> None:
        self._works = works
        self._shared: dict[str, Shared] = {}

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, list[Answer]]]:
        for task in tasks:
            if task.workload not in self._shared:
                self._shared[task.workload] = Shared.of(self._works[task.workload])
            yield task, answers(self._shared[task.workload], task.candidates)


class _OnDask:
    def __init__(self, works: Mapping[str, Work], client: Any, began: float | None) -> None:
        self._works, self._client, self._began = works, client, began
        self._shared: dict[str, Any] = {}

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, list[Answer]]]:
        from dask.distributed import as_completed

        submitted = {}
        for task in tasks:
            shared = self._of(task.workload)
            submitted[self._submit(answers, shared, task.candidates)] = task
        with _told():
            for future in as_completed(submitted, loop=self._client.loop):
                yield submitted.pop(future), future.result()

    def _of(self, workload: str) -> Any:
        """What all points of a workload share: made by one worker, given to the others."""
        if workload not in self._shared:
            work = self._works[workload]
            self._shared[workload] = self._submit(Shared.of, work)
        return self._shared[workload]

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._client.submit(verbose.in_worker, self._began, function, *arguments, pure=False)


@contextmanager
def _told() -> Iterator[None]:
    """What becomes of workers and the scheduler while they work, as one line."""
    from concurrent.futures import CancelledError

    from dask.distributed import KilledWorker
    from distributed.comm import CommClosedError

    try:
        yield
    except KilledWorker as error:
        raise DittosimError(
            "workers are killed again and again at the same point, as systems do where memory "
            f"runs out: take fewer at once (-j), or smaller work; {AGAIN}"
        ) from error
    except (CancelledError, CommClosedError) as error:
        raise DittosimError(f"the scheduler is gone; {AGAIN}") from error


@contextmanager
def _client(jobs: int, scheduler: str | None) -> Iterator[Any]:
    import dask
    from dask.distributed import Client, LocalCluster

    # What goes wrong is told by what it raises; each of Dask's loggers has a level of its own.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    if scheduler is not None:
        with _connected(scheduler) as client:
            yield client
        return
    cache_folder()  # chosen for all of them, and what there is to say of it said once
    children.watch()
    folder = os.environ[children.TEMPORARY]
    with (
        dask.config.set({"distributed.worker.daemon": True, "temporary-directory": folder}),
        LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            worker_dashboard_address=None,
            silence_logs=logging.CRITICAL,
            local_directory=folder,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def check_scheduler(address: str) -> None:
    """DittosimError if no scheduler answers there."""
    # In a thread: where this is called a loop may run already, as in notebooks.
    with ThreadPoolExecutor(1) as thread:
        answers_there = thread.submit(asyncio.run, _answers(address)).result()
    if not answers_there:
        raise DittosimError(
            f"--scheduler {address}: no Dask scheduler answers there; start one by dask scheduler "
            "and give the address that it prints, such as tcp://10.0.0.1:8786"
        )


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    from dask.distributed import Client

    check_scheduler(address)
    with Client(address, timeout=ANSWER_SECONDS, set_as_default=False) as client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            streams.say(f"{address} has no workers yet: waiting for the first")
        yield client


async def _answers(address: str) -> bool:
    """Whether a scheduler does: a client that finds none cannot be closed without noise."""
    from distributed import rpc

    try:
        async with asyncio.timeout(ANSWER_SECONDS), rpc(address) as remote:
            return (await remote.identity())["type"] == "Scheduler"
    except Exception:
        # Whatever others send is read as Dask's frames: sizes of exabytes, for instance.
        return False
