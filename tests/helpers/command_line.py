"""Runs the command line as users do."""

import math
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dittosim import compiling, signals
from dittosim.main import main
from golden.workload.workload import shipped_workloads

PROGRESS = re.compile(r".*: [\d,]+ of [\d,]+ in \d+:\d\d:\d\d\n")
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
        # What takes how long on a machine that does other things as well is no matter of the tests.
        for module in ("progress", "compiling"):
            self._monkeypatch.setattr(f"dittosim.{module}.SECONDS", math.inf)
        hook = sys.unraisablehook
        handlers = {number: signal.getsignal(number) for number in signals.ENDING}
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            sys.unraisablehook = hook
            for number, handler in handlers.items():
                signal.signal(number, handler)
        out, err = self._capsys.readouterr()
        return Outcome(ended.value.code, out, err)


def spawn(
    *arguments: str,
    preexec_fn: Callable[[], object] = lambda: None,
    variables: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.Popen[str]:
    """Starts a command in a process group of its own."""

    def prepare() -> None:
        # Where tests run in the background, Ctrl-C is ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        preexec_fn()

    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(variables or {})},
        **(streams | options),
    )


def without_progress(err: str) -> str:
    """What a command said but how far it was, and that something is compiled."""
    lines = [line for line in err.splitlines(True) if line != f"{compiling.LINE}\n"]
    return "".join(line for line in lines if not PROGRESS.fullmatch(line))


def workload_copy(folder: Path) -> Path:
    """A copy of digits-unet, for damage."""
    return Path(shutil.copytree(shipped_workloads()["digits-unet"], folder))
