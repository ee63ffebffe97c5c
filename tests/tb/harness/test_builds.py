import os
import sys
from pathlib import Path

import pytest

from golden.errors import DittosimError
from rtl.emission.emit import Emission
from tb.harness.builds import EMPTY, built
from tb.harness.simulators import Simulator


def broken(folder: Path, *commands: str) -> str:
    """A PATH on which these commands come first and fail."""
    folder.mkdir()
    for command in commands:
        (folder / command).write_text("#!/bin/sh\necho mixture >&2\nexit 127\n")
        (folder / command).chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DITTOSIM_CACHE", str(tmp_path / "cache"))


def test_makefiles_call_this_python_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the one on the PATH, which may be another version or absent."""
    monkeypatch.setenv("PATH", broken(tmp_path / "bin", "python", "python3"))
    with built(EMPTY, Simulator.VERILATOR) as folder:
        assert (folder / "empty").exists()
        assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000
        assert f"{sys.executable} -I " in (folder / "build.log").read_text()
    with built(EMPTY, Simulator.VERILATOR) as again:
        assert again == folder


def test_a_failed_build_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Emission("wrong", "module wrong(;\n", {"modules": [{"ports": []}]})
    monkeypatch.setattr("tb.harness.builds.EMPTY", wrong)  # nothing else is to be built for it
    with (
        pytest.raises(DittosimError, match=r"verilator does not build wrong: %Error.*see .*log"),
        built(wrong, Simulator.VERILATOR),
    ):
        pass
    monkeypatch.setenv("PATH", broken(tmp_path / "bin", "perl", "c++"))
    with (
        pytest.raises(DittosimError, match=r"missing: g\+\+ for C\+\+20; perl with .*g\+\+ perl"),
        built(wrong, Simulator.VERILATOR),
    ):
        pass


def test_spaces_in_the_name_of_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DITTOSIM_CACHE", str(tmp_path / "my cache"))
    with (
        pytest.raises(DittosimError, match=r"spaces in its name.*DITTOSIM_CACHE"),
        built(EMPTY, Simulator.VERILATOR),
    ):
        pass
