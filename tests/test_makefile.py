"""What make says before it downloads anything, and what CI does not let pass."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.command_line import REPOSITORY

FILES = ("Makefile", "pyproject.toml", "requirements.txt", "tb/harness/system.py")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What make looks at, without an environment."""
    for name in FILES:
        (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / "clone" / name)
    return tmp_path / "clone"


def make(clone: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # By its path, as the PATH may have next to nothing.
    command = [str(shutil.which("make")), "-C", str(clone), "demo", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def path_of(folder: Path, *commands: str) -> str:
    """A PATH that has these commands only."""
    folder.mkdir()
    for command in commands:
        (folder / command).symlink_to(str(shutil.which(command)))
    return str(folder)


def test_a_missing_compiler_stops_make_at_once(clone: Path, tmp_path: Path) -> None:
    path = path_of(tmp_path / "bin", "sh", "make", "perl")
    outcome = make(clone, f"PYTHON={sys.executable}", PATH=path)
    assert outcome.returncode == 2
    assert outcome.stderr.splitlines()[0] == (
        "error: missing: g++ for C++20 (Debian: apt-get install g++)"
    )
    assert not (clone / ".venv").exists()


def test_a_missing_python_stops_make_at_once(clone: Path, tmp_path: Path) -> None:
    outcome = make(clone, PATH=path_of(tmp_path / "bin", "sh"))
    assert outcome.stderr.splitlines()[0] == (
        "error: python3 is missing or does not run (Debian: apt-get install python3-venv); choose "
        "another with make PYTHON=..."
    )
    assert not (clone / ".venv").exists()


def test_a_python_that_is_only_a_name_stops_make_at_once(clone: Path, tmp_path: Path) -> None:
    """As pyenv's, whose commands stand for versions that are not chosen."""
    path = path_of(tmp_path / "bin", "sh")
    shim = tmp_path / "bin" / "python3.12"
    shim.write_text(f"#!{shutil.which('sh')}\necho 'many lines' >&2\nexit 127\n")
    shim.chmod(0o755)
    outcome = make(clone, "PYTHON=python3.12", PATH=path)
    assert outcome.stderr.startswith("error: python3.12 is missing or does not run")
    assert "many lines" not in outcome.stderr
    assert not (clone / ".venv").exists()


def test_an_old_python_stops_make_at_once(clone: Path, tmp_path: Path) -> None:
    path = path_of(tmp_path / "bin", "sh")
    old = tmp_path / "bin" / "python3"
    script = "import sys; sys.version_info = (3, 9); exec(sys.argv[1])"
    old.write_text(f"#!{shutil.which('sh')}\nexec {sys.executable} -c '{script}' \"$2\"\n")
    old.chmod(0o755)
    outcome = make(clone, PATH=path)
    assert "needs Python 3.11 or later" in outcome.stderr.splitlines()[0]
    assert not (clone / ".venv").exists()


def test_a_folder_with_spaces_stops_make_at_once(clone: Path) -> None:
    outcome = make(clone.rename(clone.with_name("my clone")))
    assert "spaces" in outcome.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("python", "anew"), [(None, False), (sys.executable, False), ("other", True)]
)
def test_the_environment_is_of_the_python_that_is_asked_for(
    clone: Path, tmp_path: Path, python: str | None, anew: bool
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone / ".venv"], check=True)
    (clone / ".venv" / "installed").touch()
    path = path_of(tmp_path / "bin", "sh")
    other = tmp_path / "bin" / "other"
    other.write_text(f"#!{shutil.which('sh')}\necho 3.99\n")
    other.chmod(0o755)
    chosen = [f"PYTHON={python}"] if python else []
    outcome = make(clone, "-n", *chosen, PATH=path)
    assert ("other -m venv --clear .venv" in outcome.stdout) == anew
    assert "dittosim demo" in outcome.stdout


def test_a_skip_is_a_failure_in_ci(tmp_path: Path) -> None:
    assert "PYTEST=--no-skips" in (REPOSITORY / ".ci/run").read_text()
    shutil.copy(REPOSITORY / "tests/conftest.py", tmp_path)
    (tmp_path / "test_one.py").write_text(
        "import pytest\ndef test_it(): pytest.skip('no reason')\ndef test_other(): pass\n"
    )
    (tmp_path / "test_all.py").write_text("import pytest\npytest.importorskip('nothing_like_it')\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)]
    for options, code, line in (
        ([], 0, "1 passed, 2 skipped"),
        (["--no-skips", "-n", "2"], 1, "1 failed, 1 passed, 1 error"),
    ):
        done = subprocess.run(
            [*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout
        assert line in done.stdout
