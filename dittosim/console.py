"""Where tables and progress bars go, and what they look like."""

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

# No markup: paths and messages may hold brackets.
console = Console(highlight=False, markup=False, emoji=False)


def result_table(title: str, first: str, *numbers: str) -> Table:
    """A table of one text column and right-aligned numbers; the text gives way if it is narrow."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def progress() -> Progress:
    """A progress bar on stderr, if that is a terminal, that vanishes when done."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
