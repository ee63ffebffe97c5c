"""Command line options that commands about designs share, and what they mean."""

from collections.abc import Sequence
from typing import Annotated

import typer

from dittosim.designs.design import SHIPPED, Design, load_design
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config

DesignsOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="D",
        help=f"A design ({', '.join(SHIPPED)}), or a TOML file; all of them if absent. May be "
        "repeated.",
    ),
]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        metavar="MM2", min=0.0, help="Logic of all tiles; that of the configuration if absent."
    ),
]


def load_designs(places: Sequence[str] | None) -> list[Design]:
    """Those asked for, or all; DittosimError if one is wrong, or two have the same name."""
    found = [load_design(place) for place in places or SHIPPED]
    names = [one.name for one in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise DittosimError(f"--design {twice[0]}: two designs have that name; give each its own")
    return found


def load_base(config: str, budget: float | None) -> MachineConfig:
    """The machine that designs are made of; DittosimError if the budget holds none."""
    base = load_config(config)
    if budget == 0:
        raise DittosimError("--budget 0: no machine takes no area; give square millimeters")
    return base
