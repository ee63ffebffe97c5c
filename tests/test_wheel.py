"""The wheel holds all that runs, and runs where there is nothing else."""

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.helpers.command_line import REPOSITORY
from tests.helpers.tiny_digits import save_tiny_digits

PACKAGES = ("dittosim", "golden", "rtl", "sim", "tb")
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE")
NO_SOURCE = shutil.ignore_patterns("__pycache__", "*.pyc")

SCRIPT = """
import sys
import dittosim

assert not dittosim.__file__.startswith(sys.argv[1]), dittosim.__file__
found = dittosim.simulate("tiny", dittosim.load_config("tiny", memory_interval=2), "defo", steps=2)
assert found.cycles["defo"] == found.to_dict()["flows"]["defo"]["total"]["cycles"] > 0
assert set(dittosim.presets()) == {"tiny", "small", "paper"}
assert "digits-unet" in dittosim.workloads()
print(found.to_pandas().groupby("flow").cycles.sum())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what it is built from, so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in PACKAGES:
        shutil.copytree(REPOSITORY / name, source / name, ignore=NO_SOURCE)
    for name in BUILT_FROM:
        shutil.copy(REPOSITORY / name, source / name)
    pip(sys.executable, "wheel", "--no-deps", "-w", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


def pip(python: str | Path, *arguments: str) -> None:
    """Its own words are the reason if it fails."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments, "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_holds_every_file_of_the_packages(wheel: Path) -> None:
    files = {
        path.relative_to(REPOSITORY).as_posix()
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {Path(name).suffix for name in files} >= {".v", ".toml", ".rdl", ".c", ".safetensors"}
    held = set(zipfile.ZipFile(wheel).namelist())
    assert sorted(files - held) == []
    assert sorted(name for name in held - files if ".dist-info/" not in name) == []


def test_says_that_it_has_types(wheel: Path) -> None:
    held = zipfile.ZipFile(wheel).namelist()
    assert [package for package in PACKAGES if f"{package}/py.typed" not in held] == []


def test_has_the_command(wheel: Path) -> None:
    (name,) = (one for one in zipfile.ZipFile(wheel).namelist() if one.endswith("entry_points.txt"))
    text = zipfile.ZipFile(wheel).read(name).decode()
    (command,) = entry_points(group="console_scripts", name="dittosim")
    assert f"dittosim = {command.value}" in text


@pytest.mark.long
@pytest.mark.timeout(2400)  # a gigabyte is installed, and all loops are compiled anew
def test_runs_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment, installed by pip with the pinned versions of what it needs."""
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    binaries = tmp_path / "venv" / "bin"
    pip(binaries / "python", "install", "-c", str(REPOSITORY / "requirements.txt"), str(wheel))
    save_tiny_digits(home / "tiny")

    def run(*command: str) -> str:
        variables = {"PATH": f"{binaries}:/usr/bin:/bin", "HOME": str(home)}
        done = subprocess.run(
            [binaries / command[0], *command[1:]],
            cwd=home,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("dittosim", "generate", "--config", "tiny", "--top", "accelerator", "-o", "build")
    assert (home / "build" / "ditto_accelerator.v").stat().st_size > 0
    assert {path.suffix for path in (home / "build").iterdir()} >= {".v", ".json", ".c", ".h"}
    assert "pe, stalls" in run("dittosim", "verify", "pe", "-c", "tiny")
    simulated = run("dittosim", "simulate", "tiny", "-c", "tiny", "--steps", "2")
    assert "tiny on tiny: one image in 2 steps" in simulated
    (home / "use.py").write_text(SCRIPT)
    assert "defo" in run("python", "use.py", str(REPOSITORY))
    run("python", "-m", "dittosim", "--version")
