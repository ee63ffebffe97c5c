"""Where tables and progress go, and what they look like."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import (
    Console,
    ConsoleDimensions,
    ConsoleOptions,
    RenderableType,
    RenderResult,
)
from rich.measure import Measurement
from rich.table import Column, Table

from dittosim import streams
from dittosim.progress import progress

__all__ = ["Line", "ResultTable", "console", "print_parts", "progress", "result_table"]

NARROWEST = 40
"""Columns; on a terminal that has fewer it breaks the lines"""
LABEL_SHARE = 4
"""Labels of a table that are wider than one in so many columns are broken to make room"""
TEXT = 18
"""Columns that a table leaves a column of text"""


class SteadyConsole(Console):
    """A console of a sensible width, whatever the terminal says."""

    @property  # type: ignore[misc]  # nobody sets it
    def size(self) -> ConsoleDimensions:
        """Columns and lines."""
        width, height = super().size
        return ConsoleDimensions(max(width, NARROWEST), height)

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints, unless the user wants quiet, or stdout for figures alone."""
        if not (streams.quiet or streams.taken):
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """Leaves it to the end of the command."""
        raise BrokenPipeError


# No markup: paths and messages may hold brackets.
console = SteadyConsole(highlight=False, markup=False, emoji=False)


class Line(str):
    """A line that is not broken, however long it is."""


def print_parts(parts: Iterable[RenderableType]) -> None:
    """Prints tables and lines."""
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Line))


class ResultTable(Table):
    """Labels and numbers; where they do not fit side by side they come in parts, one below another.

    The labels stand in every part, and give way first where they are long.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One table, or several."""
        labels, *others = self.columns
        groups: list[list[Column]] = [[]]
        for column in others:
            wider = [*groups[-1], column]
            narrow = self._part([labels, *wider], narrowest=options.max_width // LABEL_SHARE)
            if groups[-1] and _width(console, options, narrow) > options.max_width:
                groups.append([column])
            else:
                groups[-1] = wider
        for number, group in enumerate(groups):
            part = self._part([labels, *group])
            part.title = None if number else self.title
            yield part

    def _part(self, columns: Sequence[Column], *, narrowest: int | None = None) -> Table:
        part = Table(title_justify=self.title_justify, box=self.box, padding=self.padding)
        for number, column in enumerate(columns):
            part.add_column(
                column.header,
                overflow=column.overflow,
                justify=column.justify,
                no_wrap=column.no_wrap,
                min_width=column.min_width,
                max_width=column.min_width if number and narrowest else narrowest,
            )
        lines = zip(*(column.cells for column in columns), strict=True)
        for cells, row in zip(lines, self.rows, strict=True):
            part.add_row(*cells, style=row.style, end_section=row.end_section)
        return part


def _width(console: Console, options: ConsoleOptions, table: Table) -> int:
    """That it would like to have."""
    return Measurement.get(console, options.update(max_width=1 << 16), table).maximum


def result_table(title: str | None, first: str, *numbers: str, text: str = "") -> Table:
    """A table of labels and right-aligned numbers, the last column text if ``text`` heads it."""
    table = ResultTable(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    if text:
        table.add_column(text, overflow="fold", min_width=TEXT)
    return table
