"""Steps are checked in one place, before any work, whatever command is given them."""

import json
from pathlib import Path

import pytest

from tests.helpers.command_line import Cli, workload_copy

TIMES = 10


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A workload of ten diffusion times, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    path = workload_copy(Path("few")) / "workload.json"
    description = json.loads(path.read_text())
    description["steps"] = 5
    description["schedule"]["timesteps"] = TIMES
    path.write_text(json.dumps(description))
    return "few"


@pytest.mark.parametrize("command", ["simulate", "stats", "quality", "sample", "corners", "sweep"])
def test_more_steps_than_times(
    cli: Cli, few: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("began to work")

    monkeypatch.setattr("golden.workload.workload.sample", work)
    arguments: list[object] = [few, "--steps", TIMES + 1]
    if command == "corners":
        arguments.append(few)
    if command == "sample":
        arguments += ["-o", "o"]
    if command == "sweep":
        Path("s.toml").write_text(f'workload = "{few}"\nsteps = {TIMES + 1}\n[grid]\nlanes = [4]\n')
        arguments = ["s.toml", "-o", "o"]
    cli(command, *arguments).refused(f"{TIMES + 1} steps", f"{TIMES} times in all")


def test_more_steps_than_times_in_the_file(cli: Cli, few: str) -> None:
    path = Path(few) / "workload.json"
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"steps": TIMES + 1}))
    cli("simulate", few).refused("workload.json", f"{TIMES + 1} steps", f"{TIMES} times in all")
