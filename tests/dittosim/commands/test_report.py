from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.command_line import Cli
from tests.helpers.sweep_results import sweep_points, write_results
from tests.helpers.tiny_digits import save_tiny_digits


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """As the command line names it, in whose folder it is."""
    path = write_results(tmp_path / "sweep" / "results.parquet", sweep_points())
    return path.relative_to(tmp_path)


def test_a_page(cli: Cli, results: Path) -> None:
    outcome = cli("report", "sweep")
    assert (outcome.code, outcome.err, outcome.out) == (0, "", "written: report.html\n")
    text = Path("report.html").read_text()
    assert text.startswith("<!DOCTYPE html>")
    cli("report", results).refused("report.html exists already", "--force")
    assert cli("report", results, "--force").code == 0
    assert Path("report.html").read_text() == text
    outcome = cli("report", results, "-o", "-")
    assert (outcome.code, outcome.err, outcome.out) == (0, "", text)


def test_of_a_sweep_and_of_designs(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    Path("space.toml").write_text(
        'workload = "tiny"\nbase = "tiny"\nsteps = 1\n[grid]\nfifo_depth = [2, 4]\n'
    )
    assert cli("sweep", "space.toml", "-o", "sweep", "-j", 1).code == 0
    assert cli("report", "sweep", "-o", "sweep.html").code == 0
    assert "Sweep of tiny" in Path("sweep.html").read_text()
    arguments = ("--design", "itc", "--design", "ditto", "--steps", 1, "-j", 1, "-o", "designs")
    assert cli("designs", "tiny", *arguments).code == 0
    assert cli("report", "designs", "-o", "designs.html").code == 0
    assert "Designs of tiny" in Path("designs.html").read_text()


def test_bad_input_leaves_nothing_behind(cli: Cli, results: Path) -> None:
    cli("report", "absent").refused("cannot read results absent", "No such file")
    cli("report", ".").refused("holds no results.parquet")
    Path("cut.parquet").write_bytes(results.read_bytes()[:-100])
    cli("report", "cut.parquet").refused("cannot read results cut.parquet")
    pd.DataFrame({"a": [1]}).to_parquet("other.parquet")
    cli("report", "other.parquet").refused("other.parquet", "no table of results")
    write_results(Path("empty.parquet"), sweep_points().iloc[:0])
    cli("report", "empty.parquet").refused("empty.parquet", "holds no points")
    assert not Path("report.html").exists()
    assert not list(Path().rglob("*.part"))


def test_a_page_that_cannot_be_written(cli: Cli, results: Path) -> None:
    cli("report", results, "-o", "absent/report.html").refused("cannot write absent/report.html")
    cli("report", results, "-o", "sweep").refused("cannot write sweep", "a folder")
