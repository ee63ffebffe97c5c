"""Which modules of a large design Verilator compiles once each, whatever the number of instances.

Else it takes every instance of a module apart anew: time and memory grow with the tiles, and the
machine of the paper is beyond what a workstation has.
"""

from typing import Any

from rtl.array.tile_row import TileRow
from rtl.emission.emit import Emission
from rtl.tile.tile import Tile

MODULES = (TileRow.module_name, Tile.module_name)
"""Those worth it: nearly all of a large machine lies in them, behind few ports"""
FLAT_MULTIPLIERS = 256
"""Up to so many a design is built flat: it then needs less time than in blocks"""


def blocks_of(emission: Emission) -> tuple[str, ...]:
    """The modules to be compiled once each; none for designs that are small or have one tile."""
    modules: Any = emission.manifest["modules"]
    inner = {module["name"] for module in modules[1:]}
    found = tuple(name for name in MODULES if name in inner)
    parameters: Any = emission.manifest.get("parameters")
    if not found or parameters["tiles_m"] * parameters["tiles_n"] == 1:
        return ()
    multipliers = parameters["tiles_m"] * parameters["tiles_n"]
    multipliers *= parameters["lanes"] * parameters["columns"]
    return found if multipliers > FLAT_MULTIPLIERS else ()


def block_rules(blocks: tuple[str, ...]) -> str:
    """What tells Verilator of them, in a control file, so that the Verilog itself need not."""
    return "".join(f'hier_block -module "{name}"\n' for name in blocks)
