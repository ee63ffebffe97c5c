"""On a real scheduler: two worker processes, one of which is killed in the middle; none; others."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from dittosim.sweeps import execution
from dittosim.sweeps.execution import TILES_AT_ONCE, tasks_of
from dittosim.sweeps.figures import Scope
from dittosim.sweeps.lattice import Lattice
from dittosim.sweeps.space import load_space
from tests.helpers.command_line import REPOSITORY, Cli, spawn, without_progress

SPACE = (
    'workload = "digits-unet"\nsteps = 20\n[grid]\nmemory_interval = { from = 1, to = 8 }\n'
    "vector_bits = [16, 32]\n"
)
SECONDS = 600


@contextmanager
def dask(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``dask ARGUMENTS`` in a process group of its own."""
    with (folder / "dask.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(SECONDS)


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """A scheduler that listens here alone; its address."""
    file = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter")
    with dask("scheduler", *options, "--scheduler-file", str(file), folder=folder):
        deadline = time.monotonic() + SECONDS
        while not (file.exists() and file.read_text().rstrip().endswith("}")):
            assert time.monotonic() < deadline, (folder / "dask.log").read_text()
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"]


@contextmanager
def worker(address: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1")
    with dask("worker", address, *options, folder=folder) as process:
        yield process


def points_in(folder: Path) -> list[Path]:
    return list((folder / "out" / "points").glob("*.parquet"))


def test_verbose_tells_what_workers_do(tmp_path: Path) -> None:
    """With the seconds of the command."""
    (tmp_path / "space.toml").write_text(
        'workload = "digits-unet"\nscope = "tiles"\nsteps = 1\n[grid]\nfifo_depth = [2, 4]\n'
    )
    process = spawn("sweep", "space.toml", "-o", "out", "-j", "2", "-v", cwd=tmp_path)
    _, err = process.communicate(timeout=SECONDS)
    lines = re.findall(r"^ *(\d+\.\d) s  (samples .*|.* in flow .*)$", err, re.MULTILINE)
    assert [words for _, words in lines] == [
        "samples digits-unet, 1 step",
        "digits-unet: 2 machines in flow temporal",
    ], err
    assert all(float(seconds) > float(err.split()[0]) for seconds, _ in lines)


def test_a_worker_is_killed_in_the_middle(tmp_path: Path, cli: Cli) -> None:
    """All points come, each once, and are those of one process; the other worker ends them."""
    Path("space.toml").write_text(SPACE)
    with (
        scheduler(tmp_path) as address,
        worker(address, tmp_path) as first,
        worker(address, tmp_path) as second,
    ):
        command = spawn("sweep", "space.toml", "-o", "out", "--scheduler", address, cwd=tmp_path)
        deadline = time.monotonic() + SECONDS
        both = [psutil.Process(each.pid) for each in (first, second)]
        while not (points_in(tmp_path) and all(each.cpu_times().user > 1 for each in both)):
            assert time.monotonic() < deadline
            assert command.poll() is None, command.communicate()
            time.sleep(0.02)
        os.killpg(first.pid, signal.SIGKILL)
        _, err = command.communicate(timeout=300)
        assert (command.returncode, without_progress(err)) == (0, "")
        assert second.poll() is None
    assert cli("sweep", "space.toml", "-o", "here", "-j", 1).code == 0
    assert Path("out/results.parquet").read_bytes() == Path("here/results.parquet").read_bytes()


def test_the_scheduler_is_gone(tmp_path: Path) -> None:
    """What is done is kept; two local processes do the rest."""
    (tmp_path / "space.toml").write_text(SPACE)
    with scheduler(tmp_path) as address:
        command = spawn("sweep", "space.toml", "-o", "out", "--scheduler", address, cwd=tmp_path)
        assert command.stderr
        assert command.stderr.readline() == f"{address} has no workers yet: waiting for the first\n"
        with worker(address, tmp_path):
            deadline = time.monotonic() + SECONDS
            while not points_in(tmp_path):
                assert time.monotonic() < deadline
                time.sleep(0.02)
    _, err = command.communicate(timeout=SECONDS)
    assert command.returncode == 2
    assert without_progress(err) == (
        "error: the scheduler is gone; what is done is kept, and the same command does the rest\n"
    )
    before = {path: path.stat().st_mtime_ns for path in points_in(tmp_path)}
    command = spawn("sweep", "space.toml", "-o", "out", "-j", "2", cwd=tmp_path)
    _, err = command.communicate(timeout=300)
    assert (command.returncode, without_progress(err)) == (0, "")
    assert before.items() <= {p: p.stat().st_mtime_ns for p in points_in(tmp_path)}.items()


def test_a_killed_local_worker_is_replaced(tmp_path: Path, cli: Cli) -> None:
    Path("space.toml").write_text(SPACE)
    command = spawn("sweep", "space.toml", "-o", "out", "-j", "2", cwd=tmp_path)
    deadline = time.monotonic() + SECONDS
    while not points_in(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    children = psutil.Process(command.pid).children()
    workers = [one for one in children if "spawn_main" in " ".join(one.cmdline())]
    assert len(workers) == 2
    workers[0].kill()
    _, err = command.communicate(timeout=300)
    assert (command.returncode, without_progress(err)) == (0, "")
    assert cli("sweep", "space.toml", "-o", "here", "-j", 1).code == 0
    assert Path("out/results.parquet").read_bytes() == Path("here/results.parquet").read_bytes()


@pytest.mark.parametrize("place", ["nobody", "nonsense", "tcp://", "other", "silent"])
def test_no_scheduler_answers(cli: Cli, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(execution, "ANSWER_SECONDS", 2)
    Path("space.toml").write_text(SPACE)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if place == "nobody":
            server.close()
        elif place == "other":

            def answer() -> None:
                with suppress(OSError):
                    connection, _ = server.accept()
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 1000)
                    connection.close()

            threading.Thread(target=answer, daemon=True).start()
        address = place if place in ("nonsense", "tcp://") else f"tcp://127.0.0.1:{port}"
        outcome = cli("sweep", "space.toml", "-o", "out", "--scheduler", address)
    outcome.refused(f"--scheduler {address}: no Dask scheduler answers there", "dask scheduler")
    assert not Path("out").exists()


def test_machines_that_share_something_are_in_one_task(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text(
        'workload = "x"\nscope = "tiles"\nflow = ["temporal", "original"]\n[grid]\n'
        "columns = { from = 1, to = 40 }\nbeat_elements = [8, 16]\n"
    )
    every = Lattice(load_space(path), "").every()
    tasks = tasks_of("x", every, Scope.TILES)
    assert sorted(len(task.candidates) for task in tasks) == [8] * 4 + [TILES_AT_ONCE] * 4
    for task in tasks:
        alike = {(one.machine.beat_elements, one.flow) for one in task.candidates}
        assert len(alike) == 1
    done = [one for task in tasks for one in task.candidates]
    assert len(done) == len(every)
    assert set(done) == set(every)
    assert [task.candidates for task in tasks_of("x", every, Scope.STEPS)] == [
        (one,) for one in every
    ]
