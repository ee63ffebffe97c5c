import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.command_line import REPOSITORY, Cli, spawn


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frob"], ["No such command 'frob'", "dittosim --help"]),
        (["--frob"], ["No such option", "--frob"]),
        (["simulate"], ["Missing argument", "dittosim simulate --help"]),
        (["generate", "extra"], ["extra", "dittosim generate --help"]),
        (["simulate", "digits-unet", "--steps", "0"], ["--steps", "dittosim simulate --help"]),
        (["simulate", "digits-unet", "--images", "0"], ["--images"]),
        (["simulate", "digits-unet", "--seed", "-1"], ["--seed"]),
        (["simulate", "digits-unet", "--mode", "x"], ["--mode", "'x'", "temporal"]),
        (["verify", "-j", "0"], ["--jobs"]),
        (["verify", "--simulator", "vcs"], ["'vcs'", "icarus"]),
        (["verify", "nope"], ["no bench 'nope'", "lane-fifo"]),
        (["generate", "-c", "nope"], ["no preset 'nope'", "tiny, small, paper"]),
        (["generate", "--top", "nope"], ["no top module 'nope'", "lane-fifo"]),
        (["demo", "--workload", "nope"], ["no workload 'nope'", "digits-unet"]),
    ],
)
def test_wrong_use_ends_in_one_line(
    cli: Cli, tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    outcome = cli(*arguments)
    outcome.refused(*words)
    assert outcome.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        "generate",
        "verify",
        "simulate",
        "stats",
        "sweep",
        "workloads",
        "demo",
        "config",
        "config show",
    ],
)
def test_help_fits_80_columns(cli: Cli, command: str) -> None:
    outcome = cli(*command.split(), "--help")
    assert outcome.code == 0
    assert f"dittosim {command}" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_no_command_shows_the_help(cli: Cli) -> None:
    outcome = cli()
    assert outcome.code == 2
    assert "simulate" in outcome.out + outcome.err
    assert "error" not in outcome.err


@pytest.mark.parametrize("module", ["dittosim.app", "dittosim.commands.workloads"])
def test_interrupt_ends_in_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if module == "dittosim.app":  # as if Ctrl-C came during its import
        monkeypatch.setattr("dittosim.app.run", interrupt)
    else:
        monkeypatch.setattr(f"{module}.shipped_workloads", interrupt)
    outcome = cli("workloads")
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "interrupted\n")


def test_interrupted_simulation() -> None:
    process = spawn("simulate", "digits-unet", "--steps", "1000")
    time.sleep(8)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


def test_closed_pipe_is_quiet() -> None:
    process = spawn("config", "show", "tiny")
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(30)
    assert err == ""


def test_full_disk_is_one_line() -> None:
    code = "from dittosim.main import main; main()"
    with Path("/dev/full").open("w") as full:
        outcome = subprocess.run(
            [sys.executable, "-c", code, "workloads"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            check=False,
        )
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("error: ")
    assert "No space left" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1
