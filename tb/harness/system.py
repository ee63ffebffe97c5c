"""What a system must have besides Python's packages, and which package of Debian brings it.

``make`` runs this file before anything is installed: standard library only, and no other module.
"""

import ctypes
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Need:
    """Something that a system must have."""

    what: str
    package: str
    """Debian's package that brings it"""
    works: Callable[[], bool]
    """Tries it, which may take tenths of a second"""
    command: str | None = None
    """What must be on the PATH, if it is a program"""


def runs(*command: str, given: str = "") -> bool:
    """Whether a command is there and ends well with ``given`` as its input."""
    if shutil.which(command[0]) is None:
        return False
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
    return done.returncode == 0


def has_libpython() -> bool:
    """Whether this Python has a shared library, which cocotb loads into the simulator."""
    told = map(sysconfig.get_config_var, ("INSTSONAME", "LDLIBRARY"))
    names = {name for name in told if name and ".so" in name}
    names |= {f"libpython{VERSION}.so.1.0", f"libpython{VERSION}.so"}
    folders = (sysconfig.get_config_var("LIBDIR"), f"{sys.base_prefix}/lib")
    if any(Path(folder, name).is_file() for folder in folders if folder for name in names):
        return True
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _makes_environments() -> bool:
    return all(importlib.util.find_spec(module) for module in ("ensurepip", "venv"))


def _is_the_systems_own() -> bool:
    system = Path("/usr/bin/python3")
    return system.exists() and system.samefile(sys.executable)


GXX = Need(
    "g++ for C++20",
    "g++",
    # Verilator's makefiles call c++, and its library includes this header.
    lambda: runs("c++", "-std=c++20", "-fsyntax-only", "-xc++", "-", given="#include <coroutine>"),
    "c++",
)
MAKE = Need("make", "make", lambda: runs("make", "--version"), "make")
PERL = Need(
    "perl with its modules",  # the perl that every Debian has lacks them
    "perl",
    lambda: runs("perl", "-MPod::Usage", "-MIO::File", "-e", "1"),
    "perl",
)
VENV = Need(
    "Python's venv",
    "python3-venv" if _is_the_systems_own() else f"python{VERSION}-venv",
    _makes_environments,
)
LIBPYTHON = Need(
    f"libpython{VERSION}.so, this Python as a shared library",
    f"libpython{VERSION}",
    has_libpython,
)
NEEDS = (GXX, MAKE, PERL, VENV, LIBPYTHON)


def complaint(*needs: Need, thorough: bool = True) -> str | None:
    """One line that says which ones are missing and how to get them; None if all are there.

    Programs are tried if ``thorough``, else only looked for.
    """
    missing = [
        need
        for need in needs
        if (need.command and not shutil.which(need.command))
        or ((thorough or not need.command) and not need.works())
    ]
    if not missing:
        return None
    whats = "; ".join(need.what for need in missing)
    packages = " ".join(need.package for need in missing)
    # Other Pythons than the system's bring theirs or were built without.
    other = ", or build Python with --enable-shared" if LIBPYTHON in missing else ""
    return f"missing: {whats} (Debian: apt-get install {packages}{other})"


if __name__ == "__main__":
    said = complaint(*NEEDS)
    if said:
        print(f"error: {said}", file=sys.stderr)
    sys.exit(2 if said else 0)
