"""Tables and progress, whatever they are shown on."""

import io
import os
import pty
import time

import pytest

from dittosim import progress as lines
from dittosim.console import NARROWEST, SteadyConsole, console, progress, result_table
from golden.machine.config import MachineConfig, preset_names
from golden.workload.workload import shipped_workloads
from tests.helpers.command_line import PROGRESS, Cli, spawn

LABELS = ["encoder.attention.query", "middle", "head"]
HEADINGS = ["first\ncycles", "second\ncycles", "gain", "fourth", "a figure of many words"]


@pytest.fixture
def terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Commands that see the width of now, as each one does in a process of its own."""
    monkeypatch.setattr(console, "_width", None)
    return cli


def shown(width: int) -> str:
    file = io.StringIO()
    table = result_table("title", "layer", *HEADINGS, text="what it is")
    for number, label in enumerate(LABELS):
        numbers = (f"{1000 * number + column:,}" for column, _ in enumerate(HEADINGS))
        table.add_row(label, *numbers, "some text that is rather long", end_section=number == 1)
    SteadyConsole(file=file, width=width).print(table)
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 41, 50, 60, 80, 100, 200])
def test_tables_lose_nothing_at_any_width(width: int) -> None:
    text = shown(width)
    assert max(map(len, text.splitlines())) <= width
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    letters = "".join(text.split())
    parts = letters.count("layer")
    assert text.count("title") == 1
    for heading in ("gain", "fourth", "afigureofmanywords"):
        assert heading in letters
    for number in range(len(LABELS)):
        for column, _ in enumerate(HEADINGS):
            assert text.split().count(f"{1000 * number + column:,}") == 1
    # There in every part, and folded only where it takes more than a quarter.
    assert text.count("middle") == text.count("head") == parts
    if width >= 100:
        assert text.split().count("encoder.attention.query") == parts
    assert (parts == 1) == (width > 100)


@pytest.mark.parametrize("columns", ["0", "-3", "many", "", "00"])
def test_impossible_widths_are_none(terminal: Cli, monkeypatch: pytest.MonkeyPatch, columns: str):
    expected = terminal("config", "list").out
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal("config", "list").out == expected
    monkeypatch.setenv("COLUMNS", columns)
    assert "simulate" in terminal("--help").out


@pytest.mark.parametrize(
    ("command", "labels"),
    [
        ("workloads", list(shipped_workloads())),
        ("config list", preset_names()),
        ("config show paper", list(MachineConfig.model_fields)),
    ],
)
@pytest.mark.parametrize("columns", [1, 40])
def test_narrow_terminals(
    terminal: Cli, monkeypatch: pytest.MonkeyPatch, command: str, labels: list[str], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    outcome = terminal(*command.split())
    assert max(map(len, outcome.out.splitlines())) <= NARROWEST
    assert "\N{HORIZONTAL ELLIPSIS}" not in outcome.out
    first = [line.split()[0] for line in outcome.out.splitlines() if line.strip()]
    for label in labels:
        assert first.count(label) >= 2, "in every part"


class TestLines:
    """Progress where stderr is no terminal."""

    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lines, "SECONDS", 0.0)

    def test_a_line_for_each_part(self, capsys: pytest.CaptureFixture[str]) -> None:
        with progress() as bar:
            assert list(bar.track("abc", total=3, description="spell")) == ["a", "b", "c"]
            task = bar.add_task("count", total=2000)
            bar.update(task, completed=1999, description="count, nearly")
            bar.add_task("something", total=None)
        out, err = capsys.readouterr()
        assert out == ""
        assert [line.rpartition(" in ")[0] for line in err.splitlines()] == [
            "spell: 1 of 3",
            "spell: 2 of 3",
            "spell: 3 of 3",
            "count, nearly: 1,999 of 2,000",
        ]
        assert all(PROGRESS.fullmatch(line) for line in err.splitlines(True))

    def test_not_more_than_anybody_reads(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        monkeypatch.setattr(lines, "SECONDS", 5.0)
        with progress() as bar:
            task = bar.add_task("work", total=1000)
            for _ in range(1000):
                now += 1 / 64
                bar.advance(task)
        told = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
        assert told == ["320", "640", "960", "1,000"]

    def test_short_work_says_nothing(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lines, "SECONDS", 5.0)
        with progress() as bar:
            list(bar.track("abc", total=3, description="spell"))
        assert capsys.readouterr().err == ""


def test_a_bar_on_a_terminal() -> None:
    """No lines there, and nothing is left of the bar."""
    ours, theirs = pty.openpty()
    process = spawn("sample", "digits-unet", "--steps", "3", "-o", "/dev/null/x", stderr=theirs)
    process.communicate(timeout=120)
    os.close(theirs)
    assert b"cannot write to folder" in os.read(ours, 10_000)
    os.close(ours)


def test_colours_may_be_forced_a_bar_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """It moves the cursor, which a log has none of."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert isinstance(progress(), lines.Lines)
