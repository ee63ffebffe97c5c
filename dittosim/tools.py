"""Tools of others, as they are run here."""

import logging
import re
import subprocess
from pathlib import Path

from golden.errors import DittosimError

_log = logging.getLogger(__name__)

_TOLD = 200
"""Characters of what a tool says that an error repeats"""
_COUNTED = re.compile(r"\d+ warnings?, \d+ errors?")
"""How nextpnr ends"""


def run(command: list[str], folder: Path) -> str:
    """What a tool prints when it runs in ``folder``; DittosimError if it fails."""
    _log.info("runs %s in %s", " ".join([Path(command[0]).name, *command[1:]]), folder)
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise DittosimError(f"{Path(command[0]).name} failed: {complaint(done.stdout)}")
    return done.stdout


def complaint(text: str) -> str:
    """The line in which a tool says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() and not _COUNTED.fullmatch(line)]
    return (errors or lines or ["it says nothing"])[-1][:_TOLD]
