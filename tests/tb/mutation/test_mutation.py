from collections.abc import Sequence

import pytest

from golden.machine.config import load_config
from tb.mutation import __main__ as command
from tb.mutation import campaign
from tb.mutation.campaign import Campaign
from tb.mutation.mutants import Mutant
from tb.mutation.trials import Trials
from tb.mutation.waivers import Waiver, Waivers
from tests.helpers.mutants import ALWAYS_CLOSES, UNUSED_SIGN, pe_mutant
from tests.helpers.tools import needs_yosys


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bench notices anything."""

    def no_trial(self: Trials, mutants: Sequence[Mutant], stages: object) -> None:
        pass

    monkeypatch.setattr(Trials, "run", no_trial)


@needs_yosys
def test_what_the_bench_notices_is_killed_and_what_yosys_proves_is_not_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [pe_mutant(text).name for text in (ALWAYS_CLOSES, UNUSED_SIGN)]
    assert command.main(["--top", "pe", "--only", names[0], "--only", names[1]]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "ditto_pe" in line)
    assert row.replace("│", " ").split()[2:] == ["2", "1", "1", "0", "0", "100.0%"]


@needs_yosys
@pytest.mark.usefixtures("blind")
def test_a_survivor_fails_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    mutant = pe_mutant(ALWAYS_CLOSES)
    assert command.main(["--top", "pe", "--only", mutant.name]) == 1
    said = capsys.readouterr().out
    assert "-  assign closes = later & " in said
    assert "\n+  assign closes = 1'h1;\n" in said
    assert f"python -m tb.mutation --config tiny --only {mutant.name}\n" in said
    assert "[[waiver]]\nmodule = 'ditto_pe'\noperator = 'stuck'\n" in said
    assert "1 survived without a waiver" in said


@needs_yosys
@pytest.mark.usefixtures("blind")
def test_a_waived_survivor_does_not_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mutant = pe_mutant(ALWAYS_CLOSES)
    fields = {name: getattr(mutant, name) for name in ("module", "operator", "statement", "change")}
    waivers = Waivers(
        [Waiver(**fields, reason="so"), Waiver(**fields | {"change": ""}, proof="so")]
    )
    monkeypatch.setattr(command, "read_waivers", lambda: waivers)
    assert command.main(["--top", "pe", "--only", mutant.name]) == 0
    said = capsys.readouterr().out
    assert "0.0%" in said
    assert "a waiver fits nothing any more: ditto_pe: assign closes" in said


def test_a_module_is_inside_the_smallest_top_that_holds_it() -> None:
    def inside(*tops: str) -> set[str]:
        chosen = Campaign(load_config("tiny"), per_module=1, inside=tops).chosen
        return {mutant.module for mutant in chosen}

    assert inside("pe", "defo-unit") == {"ditto_pe", "ditto_defo_unit", "ditto_ram"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--module", "ditto_none"], "no module is called ditto_none; there are ditto_acc"),
        (["--top", "pe", "--only", "00000000"], "no mutant is called 00000000"),
        (["--top", "none"], "no top is called none"),
        (["--inside", "none"], "no top is called none"),
        (["--config", "none"], "none"),
    ],
)
def test_wrong_use_is_told_in_a_line(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(campaign, "tool", lambda *_: "yosys")
    assert command.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert said in line


SMALL_TOPS = (
    *("pe", "encoder", "lane-fifo", "tile", "register-file", "axi-reader", "axi-writer"),
    *("defo-unit", "pass-walk", "descriptor-check", "vector-check"),
)
EACH_SMALL, EACH_LARGE = 3, 1
"""Mutants of each module: of those that have benches of their own, and of the others"""


@needs_yosys
@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_mutant_of_a_sample_survives_without_a_waiver(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of the modules that have benches of their own."""
    tops = [argument for top in SMALL_TOPS for argument in ("--top", top)]
    found = command.main([*tops, "--per-module", str(EACH_SMALL), "-j", "2"])
    assert found == 0, capsys.readouterr().out


@needs_yosys
@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_mutant_inside_the_machine_survives_without_a_waiver(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of all other modules, on the benches of the core and of the whole machine."""
    inside = ("--inside", "core", "--inside", "accelerator")
    found = command.main([*inside, "--per-module", str(EACH_LARGE), "-j", "2"])
    assert found == 0, capsys.readouterr().out
