"""Which modules there are, wing by wing."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("golden", "rtl", "sim", "tb", "dittosim")
NOT_INSTALLED = ["torch", "sklearn", "diffusers", "onnx"]
"""What extras bring, and the site does without"""


@cache
def wings() -> dict[str, list[str]]:
    """The modules in each package, at any depth, both by their full names."""
    found: dict[str, list[str]] = {}
    for package in PACKAGES:
        for face in sorted((ROOT / package).rglob("__init__.py")):
            wing = _name(face.parent)
            modules = sorted(face.parent.glob("*.py"))
            names = [_name(each.with_suffix("")) for each in modules if each.stem[0] != "_"]
            if names:
                found[wing] = names
    return found


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parts)
