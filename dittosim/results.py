"""What the package's functions return: figures, data frames, tables."""

import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from golden.errors import DittosimError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from rich.console import RenderableType

HTML = (
    '<pre style="white-space:pre;overflow-x:auto;line-height:normal;'
    'font-family:monospace">{code}</pre>'
)
WIDTH = 160
"""Columns of tables in a notebook, at most"""


class Result(ABC):
    """Figures of a run; in a notebook it shows itself as a table."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """All figures, those of the command's ``--json``: dicts, lists, numbers, texts."""

    @abstractmethod
    def records(self) -> list[dict[str, Any]]:
        """Rows of the data frames, every row with the same columns."""

    @abstractmethod
    def tables(self) -> Sequence["RenderableType"]:
        """The tables and lines that the command prints, for :mod:`rich`."""

    def to_pandas(self) -> "pd.DataFrame":
        """The records as a data frame of pandas."""
        import pandas as pd

        return pd.DataFrame(self.records())

    def to_polars(self) -> "pl.DataFrame":
        """The records as a data frame of polars; DittosimError if polars is not installed."""
        return polars().DataFrame(self.records(), infer_schema_length=None)

    def _repr_html_(self) -> str:
        """The first of the tables."""
        return html(self.tables()[:1])


def polars() -> Any:
    """The package; DittosimError if it is not installed."""
    try:
        import polars as pl
    except ImportError as error:
        raise DittosimError(
            "polars is not installed: pip install 'dittosim[polars]', or take to_pandas()"
        ) from error
    return pl


def html(parts: "Sequence[RenderableType]") -> str:
    """Tables and lines as HTML that needs no style sheet."""
    from rich.console import Console

    console = Console(
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        force_jupyter=False,
    )
    for part in parts:
        console.print(part)
    return console.export_html(inline_styles=True, code_format=HTML)
