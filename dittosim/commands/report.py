"""``dittosim report``: results as one page."""

from pathlib import Path
from typing import Annotated

import typer

from dittosim.files import check_writable, write_text
from dittosim.options import ForceOption, output_option


def report(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS", help="Folder of a sweep or of designs, or its results.parquet."
        ),
    ],
    output: Annotated[Path, output_option("F", "The page; - for stdout.")] = Path("report.html"),
    force: ForceOption = False,
) -> None:
    """Write results as one HTML page: a table to sort and filter, plots, the best machines.

    The page holds all points and needs no network; docs/reports.md says what is on it. Example:

    `dittosim report sweep -o report.html`
    """
    check_writable(output, force=force)

    # Only here: what is refused does without.
    from dittosim.report.page import render_report
    from dittosim.report.results import load_results

    write_text(output, render_report(load_results(results)))
