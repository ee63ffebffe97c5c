"""How commands end that a signal ends, and that nothing of them is left."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from golden.cache import cache_folder
from golden.machine.config import load_config
from tests.helpers.command_line import Cli, spawn, without_progress
from tests.helpers.emissions import emission
from tests.helpers.tiny_digits import save_tiny_digits

TEST = "DITTOSIM_TEST"
"""An environment variable, which all processes of a command inherit"""
SPACE = """
workload = "digits-unet"
scope = "tiles"
base = "tiny"
steps = 1000
[grid]
fifo_depth = [1, 2, 4]
"""
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}


def processes(mark: str) -> Iterator[psutil.Process]:
    """Those of a command that are alive."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get(TEST) == mark:
                yield process


def names(mark: str) -> list[str]:
    found = []
    for process in processes(mark):
        with contextlib.suppress(psutil.Error):
            found.append(" ".join(process.cmdline()))
    return found


def wait_for(condition: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Running:
    """A command that runs in a folder of its own."""

    def __init__(self, *arguments: str, folder: Path, variables: Mapping[str, str] | None = None):
        self.mark = uuid4().hex
        self.process = spawn(
            *arguments, cwd=folder, variables={TEST: self.mark, **(variables or {})}
        )

    def runs(self, *words: str) -> bool:
        """Whether one of its processes has that in its command line."""
        return any(word in name for name in names(self.mark) for word in words)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Sends the signal to the command alone; its exit code and what it said."""
        os.kill(self.process.pid, number)
        _, err = self.process.communicate(timeout=240)
        return self.process.returncode, without_progress(err)

    def assert_nothing_runs(self, seconds: float) -> None:
        wait_for(lambda: not names(self.mark), seconds)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """The folder for temporary files of a command."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_command(
    tmp_path: Path, temporary: Path, number: signal.Signals
) -> None:
    (tmp_path / "space.toml").write_text(SPACE)
    sweep = ("sweep", "space.toml", "-o", "out", "-j", "2")
    running = Running(*sweep, folder=tmp_path, variables={"TMPDIR": str(temporary)})
    wait_for(lambda: running.runs("spawn_main"))
    code, err = running.end(number)
    if number is signal.SIGTERM:
        assert code == 143, err
        assert len(without_progress(err).splitlines()) == 1, err
        running.assert_nothing_runs(0.5)
        assert not list(temporary.iterdir())
        # So it goes on where it was.
        assert not list(tmp_path.rglob("*.part"))
    else:
        running.assert_nothing_runs(20)
        wait_for(lambda: not list(temporary.iterdir()), 20)


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_compilers_end_with_verify(
    tmp_path: Path, temporary: Path, number: signal.Signals, jobs: str
) -> None:
    # No builds, but the Verilog backend: the compilers are to be at work soon.
    emission("pe", load_config("tiny"))
    shutil.copytree(cache_folder() / "wasmtime", tmp_path / "cache/wasmtime")
    running = Running(
        *("verify", "tile", "encoder", "-c", "tiny", "-j", jobs),
        folder=tmp_path,
        variables={"DITTOSIM_CACHE": str(tmp_path / "cache"), "TMPDIR": str(temporary)},
    )
    wait_for(lambda: running.runs("cc1plus"))
    code, err = running.end(number)
    if number is signal.SIGKILL:
        running.assert_nothing_runs(20)
    else:
        assert (code, err) == (CODES[number], f"{WORDS[number]}\n")
        running.assert_nothing_runs(0.5)
        assert not list(temporary.iterdir())


@pytest.mark.parametrize("number", CODES)
def test_nothing_half_written_is_left(tmp_path: Path, number: signal.Signals) -> None:
    # Calibration by error takes many seconds: the command is still at it when its end is asked for.
    arguments = ("digits-unet", "--sparsity", "0.5", "--calibration", "mse", "-o", "out")
    running = Running("prune", *arguments, folder=tmp_path)
    wait_for(lambda: list(tmp_path.glob(".out.*")))
    assert running.end(number) == (CODES[number], f"{WORDS[number]}\n")
    assert not list(tmp_path.iterdir())
    running.assert_nothing_runs(0.5)


def test_signals_that_are_ignored_stay_so(tmp_path: Path) -> None:
    """As ``nohup`` asks for."""
    save_tiny_digits(tmp_path / "tiny")
    process = spawn(
        *("prune", "tiny", "--sparsity", "0.5", "-o", "out"),
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    wait_for(lambda: list(tmp_path.glob(".out.*")) or process.poll() is not None)
    os.kill(process.pid, signal.SIGHUP)
    process.communicate(timeout=240)
    assert process.returncode == 0
    assert (tmp_path / "out").is_dir()


@pytest.mark.parametrize("seconds", [0, 0.1, 0.3, 0.9])
def test_first_moments(tmp_path: Path, seconds: float) -> None:
    process = spawn("stats", "digits-unet", "--steps", "1000", cwd=tmp_path)
    # Before that it is Python that starts, with a traceback of its own.
    wait_for(lambda: catches(process.pid, signal.SIGTERM))
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=240)
    assert (process.returncode, out, without_progress(err)) == (130, "", "interrupted\n")


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler for the signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_two_signals_at_once(tmp_path: Path) -> None:
    """``timeout`` sends SIGTERM to the command, and to its group."""
    running = Running("stats", "digits-unet", "--steps", "1000", folder=tmp_path)
    wait_for(lambda: catches(running.process.pid, signal.SIGTERM))
    os.kill(running.process.pid, signal.SIGTERM)
    os.killpg(running.process.pid, signal.SIGTERM)
    _, err = running.process.communicate(timeout=240)
    assert (running.process.returncode, err) == (143, "terminated\n")


def test_a_signal_amid_a_callback_is_not_lost(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python prints and forgets what is raised there."""

    class Victim:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    def work() -> dict[str, Path]:
        victim = Victim()
        del victim
        time.sleep(100)
        return {}

    monkeypatch.setattr("dittosim.commands.workloads.shipped_workloads", work)
    began = time.monotonic()
    outcome = cli("workloads")
    assert (outcome.code, outcome.out, outcome.err) == (143, "", "terminated\n")
    assert time.monotonic() < began + 60
