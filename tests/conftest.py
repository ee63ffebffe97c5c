"""Settings of all tests, made before NumPy and Numba are imported."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

if TYPE_CHECKING:
    from tests.helpers.command_line import Cli

# Tests run side by side on all cores: threads within one would only wait for those of others.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


FIRST = ("tb", "rtl")
"""Folders of the tests that build Verilog"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of :data:`FIRST` first.

    Of two workers one then begins with them and the other with tests that compile loops, instead
    of both with the same loops; and what takes longest is not left for the end.
    """
    folders = [Path(__file__).parent / name for name in FIRST]
    items.sort(key=lambda item: not any(map(item.path.is_relative_to, folders)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="A test that is skipped has failed.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    return _no_skip(item.config, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport]:
    return _no_skip(collector.config, (yield))


def _no_skip(config: pytest.Config, report: Report) -> Report:
    if report.skipped and config.getoption("--no-skips"):
        report.outcome, report.longrepr = "failed", f"skipped: {report.longrepr}"
    return report


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> "Cli":
    """The command line in an empty folder, 80 columns wide."""
    from tests.helpers.command_line import Cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return Cli(monkeypatch, capsys)
