"""Command line options that commands about designs share."""

from typing import Annotated

import typer

from dittosim.designs.design import SHIPPED

DesignsOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="D",
        help=f"A design ({', '.join(SHIPPED)}), or a TOML file; all of them if absent. May be "
        "given several times.",
    ),
]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        metavar="MM2", min=0.0, help="Logic of all tiles; that of the configuration if absent."
    ),
]
