import json
import shutil
from pathlib import Path

import pytest

from dittosim.silicon import tools
from tests.helpers.cells import (
    DESIGN,
    library,
    mapped_without_tools,
    save_library,
)
from tests.helpers.command_line import Cli
from tests.helpers.emissions import emission
from tests.helpers.tools import needs_opensta, needs_yosys

PE = ("ppa", "--top", "pe", "-c", "tiny", "--liberty", "cells.lib")


@pytest.fixture
def ppa(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Without the tools, in a folder with cells."""
    mapped_without_tools(monkeypatch)
    save_library(Path("cells.lib"))
    return cli


def test_tables(ppa: Cli) -> None:
    outcome = ppa(*PE)
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    for words in (
        "ditto_pe of tiny in test_cells, for area",
        "ditto_pe of tiny in test_cells, for speed",
        "i[0] -> sum[3]",
        "256 x 8",
        "extrapolated",
        "every net changes 0.1 times a cycle",
    ):
        assert words in outcome.out


def test_figures(ppa: Cli) -> None:
    Path("mine.toml").write_text(
        'title = "mine"\nsource = "me"\n[[sizes]]\ndepth = 256\nwidth = 8\narea_um2 = 1000\n'
        "read_pj = 2\nwrite_pj = 4\naccess_ns = 1\nleakage_uw = 5\n"
    )
    options = ("--memories", "mine.toml", "--clock", 4, "--accesses", 0.25, "--json", "-")
    found = json.loads(ppa(*PE, *options).out)
    assert found["memory_table"] == {"title": "mine", "source": "me"}
    (memory,) = found["memories"]
    assert (memory["number"], memory["area_um2"], memory["origin"]) == (2, 1000, "table")
    area, speed = (found["aims"][aim]["total"] for aim in ("area", "speed"))
    assert area["logic_um2"] == 20 * 1.0 + 10 * 6
    assert area["memories_um2"] == 2000
    assert (area["slowest_ns"], speed["slowest_ns"]) == (2.0, 1.0)
    assert speed["fastest_mhz"] == 1000
    assert area["logic_mw"] == 1.5 / 4
    assert area["memories_mw"] == 2 * 0.25 * (2 + 4) / 4
    assert area["memories_leakage_mw"] == 2 * 5 / 1000


def test_one_aim_at_the_fastest_clock(ppa: Cli) -> None:
    found = json.loads(ppa(*PE, "--aim", "speed", "--json", "-").out)
    assert list(found["aims"]) == ["speed"]
    assert found["aims"]["speed"]["total"]["logic_mw"] == 1.5


@needs_yosys
@needs_opensta
def test_modules_within_each_other(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dittosim.commands.ppa.emitted", lambda *_: ("ditto_top", DESIGN))
    save_library(Path("cells.lib"))
    arguments = ("--liberty", "cells.lib", "--aim", "area", "-j", 1, "--json", "-")
    outcome = cli("ppa", *arguments, "--netlists", "netlists", "--paths", "paths")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads(outcome.out)
    modules = found["aims"]["area"]["modules"]
    assert {name: one["number"] for name, one in modules.items()} == {
        "ditto_top": 1,
        "ditto_pair": 2,
        "ditto_child": 5,
    }
    total = sum(one["um2"] * one["number"] for one in modules.values())
    assert found["aims"]["area"]["total"]["logic_um2"] == pytest.approx(total)
    assert modules["ditto_top"]["um2_with_all_in_it"] == pytest.approx(total)
    assert [(m["depth"], m["width"], m["number"]) for m in found["memories"]] == [(64, 8, 2)]
    names = [f"{name}.area" for name in modules]
    assert sorted(path.name for path in Path("netlists").iterdir()) == sorted(
        f"{name}.v" for name in names
    )
    for name in names:
        assert "Startpoint" in Path(f"paths/{name}.txt").read_text()


def test_wrong_use(ppa: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dittosim.silicon.design.emit", emission)
    ppa("ppa", "--top", "nothing", "-c", "tiny", "--liberty", "cells.lib").refused(
        "no module 'nothing'", "pe, encoder"
    )
    ppa("ppa", "--liberty", "absent.lib").refused("absent.lib", "No such file", "--liberty")
    Path("cut.lib").write_text(library()[:500])
    ppa("ppa", "--liberty", "cut.lib").refused("cut.lib")
    ppa("ppa", "--memories", "cut.lib").refused("cut.lib", "not valid TOML")
    ppa(*PE, "--aim", "beauty").refused("--aim", "beauty")
    ppa(*PE, "--activity", 3).refused("--activity")
    Path("kept").mkdir()
    Path("kept/mine").touch()
    ppa(*PE, "--netlists", "kept").refused("kept exists already", "--force")


@pytest.mark.parametrize(("missing", "package"), [("yosys", "yosys"), ("sta", "opensta")])
def test_missing_tools(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, missing: str, package: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: None if missing in name else "sh")
    monkeypatch.setattr(tools, "run", lambda *_: "it")
    cli("ppa", "--top", "pe").refused(f"{missing} is not installed", f"apt-get install {package}")
