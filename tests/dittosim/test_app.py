"""The command line as such: what it lists, completes and loads."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command

from dittosim.app import Commands, app
from golden.cache import CACHE_VARIABLE, cache_folder
from tests.helpers.command_line import REPOSITORY, Cli

SLOW = {
    "amaranth",
    "cocotb",
    "cocotb_tools",
    "dask",
    "diffusers",
    "distributed",
    "fastcluster",
    "jinja2",
    "joblib",
    "llvmlite",
    "matplotlib",
    "numba",
    "numpy",
    "optuna",
    "pandas",
    "psutil",
    "pyarrow",
    "pytest",
    "safetensors",
    "scipy",
    "sklearn",
    "systemrdl",
    "torch",
}
"""Packages that take tens of milliseconds or megabytes"""
CYCLES = {"llvmlite", "numba", "numpy", "safetensors", "scipy"}
"""What a sampling run and the cycle model need"""

SHOW_MODULES = """
import sys
sys.argv = ["dittosim", *sys.argv[1:]]
try:
    from dittosim.main import main
    main()
finally:
    loaded = {name.partition(".")[0] for name in sys.modules}
    import json
    print(json.dumps(sorted(loaded)), file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Those packages of ``SLOW`` that a command loads."""
    outcome = subprocess.run(
        [sys.executable, "-c", SHOW_MODULES, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            "PYTHONPATH": str(REPOSITORY),
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            # With the compiled loops of other tests
            CACHE_VARIABLE: str(cache_folder()),
        },
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    return SLOW & set(json.loads(outcome.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ("--help", set()),
        ("--version", set()),
        ("config --help", set()),
        ("config list", set()),
        ("config show small", {"amaranth", "numpy", "systemrdl"}),
        ("workloads", CYCLES),
        ("simulate digits-unet --steps 1", CYCLES),
        ("simulate digits-unet --steps 1 --scope tiles", CYCLES),
        ("simulate digits-unet --steps 2 --scope layers --mode act", CYCLES),
        ("compile digits-unet --steps 2", CYCLES),
        ("generate --top pe -c tiny", {"amaranth", "jinja2", "numpy", "systemrdl"}),
        ("sample digits-unet --steps 1 --images 1 -o out", CYCLES | {"matplotlib"}),
    ],
)
def test_a_command_loads_what_it_needs(tmp_path: Path, arguments: str, needed: set[str]) -> None:
    found = loaded(tmp_path, *arguments.split())
    assert found <= needed
    assert CYCLES - {"safetensors"} <= found or needed != CYCLES  # the test sees what is loaded


def test_list_of_commands_says_what_each_says() -> None:
    group = get_command(app)
    assert list(group.commands) == list(Commands.lazy)
    with group.make_context("dittosim", ["--version"], resilient_parsing=True) as context:
        for name, listed in group.commands.items():
            found, command, rest = group.resolve_command(context, [name, "x"])
            assert (found, rest) == (name, ["x"])
            assert command.name == name
            assert " ".join(command.help.split("\n\n")[0].split()) == listed.help


def test_version(cli: Cli) -> None:
    outcome = cli("--version")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"dittosim {version('dittosim')}\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dittosim sim", ["simulate"]),
        ("dittosim co", ["compare", "corners", "compile", "config"]),
        ("dittosim config ", ["list", "show"]),
        ("dittosim simulate --sc", ["--scope"]),
        ("dittosim simulate --scope l", ["layers"]),
        ("dittosim simulate --mode t", ["temporal"]),
    ],
)
def test_shell_completion(words: str, found: list[str]) -> None:
    code = "from dittosim.main import main; main()"
    outcome = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={
            "PATH": "/usr/bin:/bin",
            "_DITTOSIM_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        check=False,
    )
    assert outcome.stdout.split() == found


@pytest.mark.parametrize("command", Commands.lazy)
def test_help_of_each_command(cli: Cli, command: str) -> None:
    for option in ("--help", "-h"):
        outcome = cli(command, option)
        assert (outcome.code, outcome.err) == (0, "")
        assert f"Usage: dittosim {command}" in outcome.out
        assert "--install-completion" not in outcome.out
