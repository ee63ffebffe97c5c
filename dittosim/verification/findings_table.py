"""What benches compared, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dittosim.console import result_table
from tb.harness.task import Findings


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    count: int
    """Of what the table's second column says"""
    findings: Findings
    section: str = ""


def findings_parts(
    title: str, first: str, counted: str, rows: Sequence[Row], *, strata: bool = False
) -> list[RenderableType]:
    """A table of rows, section by section, and their sum; a line for each first difference.

    With ``strata`` also how many strata of its stimulus each bench met.
    """
    columns = [first, counted, *(["strata"] if strata else []), "values", "cycles\nRTL"]
    table = result_table(title, *columns, "cycles\nsim", "differ-\nences")
    table.padding = 0
    for section, members in groupby(rows, key=lambda row: row.section):
        if section:
            table.add_section()
            table.add_row(Text(section, style="italic"))
        for row in members:
            _add(table, row, strata)
    table.add_section()
    total = sum((row.findings for row in rows), Findings())
    _add(table, Row("all", sum(row.count for row in rows), total), strata)
    parts: list[RenderableType] = [table]
    for row in rows:
        if row.findings.differences:
            place = f"{row.section}, {row.name}" if row.section else row.name
            parts.append(Text(f"{place}: {row.findings.first_difference}", style="red"))
    return parts


def _add(table: Table, row: Row, strata: bool) -> None:
    found = row.findings
    met = sum(count > 0 for axis in found.coverage.values() for count in axis.values())
    shown = (met,) if strata else ()
    numbers = (row.count, *shown, found.values, found.cycles_rtl, found.cycles_sim)
    differences = Text(f"{found.differences:,}", style="red" if found.differences else "")
    table.add_row(row.name, *(f"{number:,}" for number in numbers), differences)
