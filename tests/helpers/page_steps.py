"""Does what a page of the documentation says, in an empty folder, word for word."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.command_line import REPOSITORY

BLOCK = re.compile(
    r"^(?:`(?P<file>[^`\n]+)`:\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)
"""A fenced block, and the file that it is to be saved as, if a line before it is its name."""
COLUMNS = "100"


@dataclass(frozen=True)
class Step:
    """A file to save, commands to run, or lines that the commands before must have written."""

    kind: str
    text: str
    file: str | None


def steps_of(page: Path) -> list[Step]:
    """In their order."""
    return [
        Step(found["kind"], found["text"], found["file"])
        for found in BLOCK.finditer(page.read_text())
    ]


def follow(page: Path, folder: Path) -> tuple[int, int]:
    """How many commands were run, and how many lines of what they wrote the page shows.

    AssertionError if a command fails, or did not write a line in its place.
    """
    commands = lines = 0
    output: list[str] = []
    for step in steps_of(page):
        if step.file:
            (folder / step.file).write_text(step.text)
        elif step.kind == "sh":
            commands += len(step.text.splitlines())
            output = _run(step.text, folder)
        elif step.kind == "text":
            for line in filter(None, map(_words, step.text.splitlines())):
                places = [n for n, written in enumerate(output) if line in written]
                assert places, f"{page.name}: not written: {line!r}; but:\n" + "\n".join(output)
                output = output[places[0] + 1 :]
                lines += 1
    return commands, lines


def _run(script: str, folder: Path) -> list[str]:
    # As in a user's environment, where both are of that environment.
    tools = folder / ".bin"
    if not tools.exists():
        tools.mkdir()
        command = f"exec {sys.executable} -c 'from dittosim.main import main; main()' \"$@\"\n"
        for name, text in (("dittosim", command), ("python", f'exec {sys.executable} "$@"\n')):
            (tools / name).write_text(f"#!/bin/sh\n{text}")
            (tools / name).chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY), "COLUMNS": COLUMNS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}"
    return [_words(line) for line in done.stdout.splitlines()]


def _words(line: str) -> str:
    return " ".join(line.split())
