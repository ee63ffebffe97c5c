import subprocess
import sys
from pathlib import Path

import pytest

from tb.harness import system
from tests.helpers.command_line import REPOSITORY

SCRIPT = REPOSITORY / "tb/harness/system.py"


def test_readme_asks_for_what_is_checked() -> None:
    (line,) = (
        line
        for line in (REPOSITORY / "README.md").read_text().splitlines()
        if line.strip().startswith("apt-get install")
    )
    asked = line.split()[2:]
    here = f"python{system.VERSION}-venv"
    checked = [need.package.replace(here, "python3-venv") for need in system.NEEDS]
    assert asked == [name.replace(system.VERSION, "3.11") for name in checked]


def test_all_that_is_missing_in_one_line(tmp_path: Path) -> None:
    """By the standard library of any Python alone, as make asks it."""
    (tmp_path / "perl").write_text("#!/bin/sh\nexit 2\n")  # as without perl's modules
    (tmp_path / "perl").chmod(0o755)
    outcome = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "error: missing: g++ for C++20; make; perl with its modules "
        "(Debian: apt-get install g++ make perl)\n"
    )


def test_nothing_is_missing_here() -> None:
    assert system.complaint(*system.NEEDS) is None


def test_python_without_a_shared_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As Debian's own is before libpython3.11 is installed."""

    def load(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr("ctypes.CDLL", load)
    monkeypatch.setattr("sysconfig.get_config_var", lambda _: None)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    said = system.complaint(system.LIBPYTHON)
    assert said is not None
    assert f"apt-get install libpython{system.VERSION}" in said
    assert "--enable-shared" in said
