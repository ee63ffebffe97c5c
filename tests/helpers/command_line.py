"""Runs the command line as users do."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dittosim.main import main
from golden.workload.workload import shipped_workloads

REPOSITORY = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from dittosim.main import main; main()"]


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    def refused(self, *words: str) -> None:
        """Asserts that the command ended in one line that says why."""
        assert self.code == 2
        assert self.err.startswith("error: ")
        assert self.err.endswith("\n")
        assert len(self.err.splitlines()) == 1, self.err
        for word in words:
            assert word in self.err


class Cli:
    """Runs commands in this process, in an empty folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["dittosim", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        return Outcome(ended.value.code, out, err)


def spawn(*arguments: str, **options: object) -> subprocess.Popen[str]:
    """Starts a command in a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where tests run in the background, Ctrl-C is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        **options,
    )


def workload_copy(folder: Path) -> Path:
    """A copy of digits-unet, for damage."""
    return Path(shutil.copytree(shipped_workloads()["digits-unet"], folder))
