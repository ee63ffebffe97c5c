import os
import subprocess
from pathlib import Path

import pytest

from golden.cache import cache_folder
from golden.errors import DittosimError
from tests.helpers.command_line import COMMAND, REPOSITORY

SPACE = """
workload = "digits-dit"
base = "tiny"
scope = "tiles"
steps = 1
[grid]
fifo_depth = [1, 2]
"""
VARIABLES = ("DITTOSIM_CACHE", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR")


def environment(tmp_path: Path, **variables: str) -> dict[str, str]:
    """Without a home, with a folder of its own for temporary files."""
    (tmp_path / "home").touch()
    (tmp_path / "temporary").mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    paths = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    return {**kept, **paths, "PYTHONPATH": str(REPOSITORY), **variables}


def run(command: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *command.split()],
        env=environment(tmp_path, **variables),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def says_so_once(outcome: subprocess.CompletedProcess[str], tmp_path: Path) -> None:
    assert outcome.returncode == 0, outcome.stderr
    (line,) = (line for line in outcome.stderr.splitlines() if "cache" in line)
    assert line.startswith("cannot write to the cache")
    assert "set DITTOSIM_CACHE" in line
    assert list((tmp_path / "temporary").glob("dittosim*")) == []


def test_without_a_cache_the_verilog_backend_works_and_one_line_says_so(tmp_path: Path) -> None:
    outcome = run("generate --top pe -c tiny -o build", tmp_path, XDG_CACHE_HOME="/proc/none")
    says_so_once(outcome, tmp_path)
    assert (tmp_path / "build/ditto_pe.v").exists()


def test_workers_share_the_temporary_cache_and_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(SPACE)
    says_so_once(run("sweep space.toml -o out -j 2", tmp_path), tmp_path)


def test_all_that_libraries_keep_is_in_the_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    command = "stats digits-dit --steps 2 --html page.html"
    outcome = run(command, tmp_path, DITTOSIM_CACHE=str(cache))
    assert (outcome.returncode, "cache" in outcome.stderr) == (0, False), outcome.stderr
    assert {path.name for path in cache.iterdir()} == {"matplotlib", "numba"}


@pytest.mark.parametrize("variable", ["DITTOSIM_CACHE", "XDG_CACHE_HOME"])
def test_a_cache_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    monkeypatch.setenv("DITTOSIM_CACHE", "")
    monkeypatch.setenv(variable, "/proc/none")
    first = cache_folder()
    assert list(first.iterdir()) == []
    assert cache_folder() == first
    assert os.environ["DITTOSIM_CACHE"] == str(first)  # for child processes
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_no_home_at_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user whom the system does not know, as in some containers."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DITTOSIM_CACHE", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert cache_folder().is_absolute()
    assert cache_folder().is_dir()
    assert "there is no home folder" in capsys.readouterr().err


def test_no_temporary_folder_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    monkeypatch.setenv("DITTOSIM_CACHE", "/proc/none")
    with pytest.raises(DittosimError, match=r"/proc/none: .*No usable temporary.*DITTOSIM_CACHE"):
        cache_folder()
