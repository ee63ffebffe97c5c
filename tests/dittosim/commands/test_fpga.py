import json
import shutil
from pathlib import Path

import pytest

from dittosim.fpga import tools
from tests.helpers.command_line import Cli
from tests.helpers.placed import placed_without_tools
from tests.helpers.tools import needs_nextpnr

PE = ("fpga", "--top", "pe", "--device", "25k")
FILES = ("bit", "config", "json", "log", "timing.json", "v")


@pytest.fixture
def without_tools(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Designs are mapped, placed and packed by no tool."""
    placed_without_tools(monkeypatch)
    return cli


def test_tables(without_tools: Cli) -> None:
    outcome = without_tools(*PE)
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    for words in (
        "ditto_pe of tiny on LFE5U-25F",
        "24,288",
        "core.a.words",
        "distributed RAM",
        "clock at most: 50.0 MHz, misses the aim of 100 MHz",
        "worst path: 20.00 ns, 7 cells 8.00 ns, wires 12.00 ns, from core.a[3] to",
        "on its way: core.a[3], core.x",
        "yosys 1, nextpnr 2",
    ):
        assert words in outcome.out
    assert "reaches the aim of 50 MHz" in without_tools(*PE, "--frequency", 50).out
    assert list(Path().iterdir()) == []


def test_figures(without_tools: Cli) -> None:
    found = json.loads(without_tools(*PE, "--json", "-").out)
    assert (found["top"], found["device"], found["out_of_context"]) == (
        "ditto_pe",
        "LFE5U-25F",
        True,
    )
    assert found["used"] == {"TRELLIS_COMB": 120}
    assert found["there_are"] == {"TRELLIS_COMB": 24288}
    assert found["fastest_mhz"] == 50
    assert found["worst_path"]["end"] == "core.b"
    assert found["memories"]["core.b"] == "distributed RAM"


def test_a_bitstream_of_the_board_alone(without_tools: Cli) -> None:
    Path("board.lpf").write_text('LOCATE COMP "clk" SITE "G2";\n')
    options = ("--frequency", 25, "--memory", 4, "--pins", "board.lpf", "-o", "out")
    outcome = without_tools("fpga", *options)
    assert (outcome.code, outcome.err) == (0, "")
    assert sorted(p.name for p in Path("out").iterdir()) == [f"ditto_board.{end}" for end in FILES]
    assert Path("out/ditto_board.bit").read_bytes() == b"\xff\x00"
    assert Path("out/ditto_board.log").read_text().startswith("LOCATE")
    assert ".DEPTH(32'd1024)" in Path("out/ditto_board.v").read_text()
    assert json.loads(Path("out/ditto_board.json").read_text())["fastest_mhz"] == 50
    without_tools(*PE, "-o", "alone")
    assert sorted(p.name for p in Path("alone").iterdir()) == [
        f"ditto_pe.{end}" for end in ("json", "log", "timing.json", "v")
    ]
    without_tools(*PE, "-o", "out").refused("out exists already", "--force")
    assert without_tools(*PE, "-o", "out", "--force").code == 0
    assert Path("out/ditto_board.bit").exists()


def test_wrong_use(without_tools: Cli) -> None:
    fpga = without_tools
    fpga("fpga", "--device", "12k").refused("no device '12k'", "25k, 45k, 85k")
    fpga("fpga", "--package", "QFN32").refused("no LFE5U-85F in package 'QFN32'", "CABGA381")
    for clock in (0, -1, "nan", "inf"):
        fpga(*PE, "--frequency", clock).refused("--frequency")
    fpga(*PE, "--frequency", "fast").refused("--frequency")
    fpga(*PE, "--seed", -1).refused("--seed")
    fpga("fpga", "--top", "nothing").refused("no module 'nothing'", "board")
    fpga("fpga", "--memory", 96).refused("98304 bytes", "power of two")
    fpga("fpga", "--frequency", 2).refused("2 clock cycles to a bit", "at least 4")
    fpga("fpga", "--frequency", 25, "--baud", 3_200_000).refused("3,200,000 bits", "--baud")
    fpga("fpga", "--pins", "absent.lpf").refused("absent.lpf", "No such file")
    fpga("fpga", "-c", "absent.toml").refused("absent.toml")
    fpga("fpga", "--top", "tile", "--device", "25k", "-o", "out").refused(
        "ditto_tile does not fit LFE5U-25F: it needs 57 block RAMs of 56"
    )
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("missing", ["nextpnr", "ecppack"])
def test_missing_tools(cli: Cli, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: None if missing in name else "sh")
    monkeypatch.setattr(tools, "run", lambda *_: "it")
    cli(*PE).refused(f"{missing}", "is not installed", "extra fpga")


@needs_nextpnr
def test_a_module_out_of_context(cli: Cli) -> None:
    outcome = cli(*PE, "--json", "-", "-o", "out")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads(outcome.out)
    assert found["used"]["TRELLIS_FF"] > 40
    # A multiplier a lane
    assert found["used"]["MULT18X18D"] == 2
    assert found["there_are"]["MULT18X18D"] == 28
    assert found["fastest_mhz"] == pytest.approx(1000 / found["worst_path"]["ns"], rel=1e-3)
    assert 50 < found["fastest_mhz"] < 1000
    assert "Max frequency" in Path("out/ditto_pe.log").read_text()
