import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dittosim.main import CLOSED_PIPE
from tests.helpers.command_line import REPOSITORY, Cli, spawn, without_progress
from tests.helpers.parameters import parameters


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
        (["demo", "nope"], ["no workload 'nope'", "digits-unet"]),
    ],
)
def test_wrong_use_ends_in_one_line(
    cli: Cli, tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    outcome = cli(*arguments)
    outcome.refused(*words)
    assert outcome.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", sorted({command for command, _ in parameters()}))
def test_help_fits_80_columns(cli: Cli, command: str) -> None:
    outcome = cli(*command.split(), "--help")
    assert outcome.code == 0
    assert f"dittosim {command}" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in outcome.out


def test_no_command_shows_the_help(cli: Cli) -> None:
    outcome = cli()
    assert outcome.code == 2
    assert "simulate" in outcome.out + outcome.err
    assert "Begin with" in outcome.out + outcome.err
    assert "error" not in outcome.err


RUN = ("simulate", "digits-unet", "-c", "tiny", "--steps", 1, "--flow", "temporal")


def test_quiet(cli: Cli) -> None:
    """Nothing is said but what is asked for; errors are."""
    for quiet in (("--quiet", *RUN), (*RUN, "-q")):
        assert (cli(*quiet).out, cli(*quiet).err) == ("", "")
        assert cli(*quiet, "--json", "-").out == cli(*RUN, "--json", "-").out != ""
    assert cli("-q", "simulate", "none").err.startswith("error: ")
    assert cli("config", "-q", "list").out == cli("config", "list", "-q").out == ""
    assert "tiny" in cli("config", "list").out, "quiet lasts for one command"


def test_verbose(cli: Cli) -> None:
    """On stderr, so that stdout is as ever."""
    for verbose in (("-v", *RUN), (*RUN, "--verbose")):
        outcome = cli(*verbose, "--json", "cycles.json")
        assert outcome.out == cli(*RUN, "--json", "cycles.json", "--force").out
        lines = outcome.err.splitlines()
        assert all(re.match(r" *\d+\.\d s  \w", line) for line in lines), outcome.err
        for words in ("reads", "digits_unet/workload.json", "wrote cycles.json", "done: "):
            assert words in outcome.err
        Path("cycles.json").unlink()
    assert cli(*RUN, "--json", "-").err == "", "verbose lasts for one command"
    cli("-v", *RUN, "-q")
    assert cli("-v", *RUN, "-q").err.count("error: --quiet and --verbose") == 1


def test_verbose_tells_what_led_to_an_error(cli: Cli) -> None:
    Path("bad.toml").write_text("lanes = ")
    err = cli("config", "show", "bad.toml", "-v").err
    assert "TOMLDecodeError" in err
    assert "error: bad.toml: not valid TOML" in err
    cli("config", "show", "bad.toml").refused("bad.toml: not valid TOML")


def test_verbose_tells_what_workers_do() -> None:
    """With the seconds of the command."""
    process = spawn("verify", "pe", "-c", "tiny", "-j", "2", "-v")
    _, err = process.communicate(timeout=300)
    found = re.findall(r"^ *(\d+\.\d) s  bench pe on verilator: runs$", err, re.MULTILINE)
    assert len(found) == 2, err
    first = float(err.split()[0])
    assert all(float(seconds) > first for seconds in found)


def test_no_colours_but_on_a_terminal() -> None:
    """Of help, tables and errors; nor on a terminal where NO_COLOR is set."""
    for words in (["--help"], ["config", "list"], ["frob"]):
        process = spawn(*words)
        assert "\x1b" not in "".join(process.communicate(timeout=60))
        ours, theirs = pty.openpty()
        process = spawn(*words, stdout=theirs, stderr=theirs, variables={"NO_COLOR": "1"})
        process.wait(60)
        os.close(theirs)
        assert not re.search(rb"\x1b\[[\d;]*3\d", os.read(ours, 100_000))
        os.close(ours)


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


def allocate() -> None:
    np.empty(1 << 60, np.uint8)


def fail() -> None:
    raise MemoryError


def fail_as_pytorch_does() -> None:
    raise RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate "
        "memory: you tried to allocate 4000000000000000 bytes. Error code 12 (Cannot ...)"
    )


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (allocate, "not enough memory for 1.00 EiB, an array of (1152921504606846976,); take"),
        (fail, "not enough memory; take"),
        (fail_as_pytorch_does, "not enough memory for 4000000000000000 bytes; take"),
    ],
)
def test_no_memory_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch, work, words) -> None:
    monkeypatch.setattr("dittosim.commands.workloads.shipped_workloads", work)
    cli("workloads").refused(f"error: {words} fewer images", "fewer jobs (-j)")


def test_the_package_runs_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dittosim", "frob"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: No such command 'frob'")


def test_interrupted_simulation() -> None:
    process = spawn("simulate", "digits-unet", "--steps", "1000")
    time.sleep(8)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, without_progress(err)) == (130, "", "interrupted\n")


@pytest.mark.parametrize("command", ["config list", "--help"])
def test_closed_pipe_is_quiet(command: str) -> None:
    process = spawn(*command.split())
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), err) == (CLOSED_PIPE, "")


def test_reader_that_takes_a_line() -> None:
    """As ``head -1`` does, which is still there when the work begins."""
    process = spawn("config", "show", "tiny")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    # What was read may have been all that had to be written.
    assert process.wait(30) in (0, CLOSED_PIPE)


@pytest.mark.parametrize("command", ["config list", "--help"])
@pytest.mark.parametrize("buffered", [True, False])
def test_full_disk_is_one_line(command: str, buffered: bool) -> None:
    unbuffered = {"PYTHONUNBUFFERED": "" if buffered else "1"}
    with Path("/dev/full").open("w") as full:
        process = spawn(*command.split(), stdout=full, variables=unbuffered)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2, "120: the stream was flushed once more at the exit"
    assert err == "error: cannot write to stdout: No space left on device\n"


@pytest.mark.parametrize("command", ["sample digits-unet -o out"])
def test_closed_stdout_is_one_line(command: str, tmp_path: Path) -> None:
    process = spawn(*command.split(), cwd=tmp_path, stdout=None, preexec_fn=lambda: os.close(1))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err == "error: stdout is closed: send it to a file, or to /dev/null\n"
    assert not list(tmp_path.iterdir())


def test_closed_stderr_changes_nothing() -> None:
    process = spawn("config", "list", stderr=None, preexec_fn=lambda: os.close(2))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "paper" in out
    process = spawn("frob", stderr=None, preexec_fn=lambda: os.close(2))
    assert (process.communicate(timeout=60)[0], process.returncode) == ("", 2)
