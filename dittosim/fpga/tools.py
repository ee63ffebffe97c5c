"""What maps, places and packs designs."""

import re
from pathlib import Path

from dittosim.tools import run
from tb.harness.tools import ECP5_PACKER, ECP5_PLACER, ECP5_YOSYS, tool

TOOLS = {"yosys": ECP5_YOSYS, "nextpnr": ECP5_PLACER, "ecppack": ECP5_PACKER}
_VERSION = re.compile(r"(?:Yosys |Version )(?:nextpnr-)?([\w.+-]+)")


def versions() -> dict[str, str]:
    """What the tools say of themselves; DittosimError if one of them is missing."""
    paths = {name: tool(*names) for name, names in TOOLS.items()}
    said = {name: run([path, "--version"], Path()) for name, path in paths.items()}
    return {name: f"{name} {_version(text)}" for name, text in said.items()}


def _version(text: str) -> str:
    found = _VERSION.search(text)
    return found[1] if found else "of an unknown version"
