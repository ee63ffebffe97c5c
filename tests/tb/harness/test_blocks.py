import os
import shutil
from pathlib import Path

import pytest
from cocotb_tools.runner import get_results, get_runner

from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from rtl.emission.emit import Emission
from tb.harness.blocks import FLAT_MULTIPLIERS, MODULES, blocks_of
from tb.harness.builds import built
from tb.harness.simulators import Simulator
from tb.runner import COCOTB_SETTINGS
from tests.helpers.command_line import REPOSITORY

INNER = "ditto_inner"
TWICE = Emission(
    "twice",
    f"""
module {INNER}(input clk, input [7:0] i, output reg [7:0] o);
  always @(posedge clk) o <= i + 1;
endmodule
module twice(input clk, input [7:0] i, output [7:0] o);
  wire [7:0] half;
  {INNER} first(.clk(clk), .i(i), .o(half));
  {INNER} second(.clk(clk), .i(half), .o(o));
endmodule
""",
    {"modules": [{"name": "twice", "ports": [{"name": "clk"}, {"name": "i"}, {"name": "o"}]}]},
)


def design(config: MachineConfig, *inner: str) -> Emission:
    """What the choice of blocks looks at of one."""
    modules = [{"name": name} for name in ("ditto_core", *inner)]
    return Emission("core", "", {"modules": modules, "parameters": config.model_dump()})


@pytest.mark.parametrize(
    ("config", "blocks"),
    [
        ("tiny", ()),
        ("small", ()),
        (str(REPOSITORY / "docs/machines/two-by-two.toml"), ()),
        ("paper", MODULES),
    ],
)
def test_large_machines_are_built_in_blocks(config: str, blocks: tuple[str, ...]) -> None:
    machine = load_config(config)
    assert blocks_of(design(machine, *MODULES)) == blocks
    assert blocks_of(design(machine)) == ()


def test_one_tile_is_no_block() -> None:
    """It would be compiled once anyway."""
    machine = load_config("small").model_copy(update={"columns": 2 * FLAT_MULTIPLIERS})
    assert blocks_of(design(machine, *MODULES)) == ()
    two = machine.model_copy(update={"tiles_m": 2})
    assert blocks_of(design(two, *MODULES)) == MODULES


def run_twice(build: Path, folder: Path) -> None:
    results = get_runner("verilator").test(
        test_module="tests.helpers.twice_bench",
        hdl_toplevel="twice",
        hdl_toplevel_lang="verilog",
        build_dir=build,
        test_dir=folder,
        results_xml=str(folder / "results.xml"),
        extra_env=COCOTB_SETTINGS,
        timescale=("1ns", "1ps"),
    )
    assert get_results(results) == (1, 0)


def test_a_block_is_compiled_once_and_does_the_same(tmp_path: Path) -> None:
    with built(TWICE, Simulator.VERILATOR, blocks=(INNER,)) as folder:
        run_twice(folder, tmp_path)
        assert [path.name for path in folder.rglob("lib*.a")] == [f"lib{INNER}.a"]
        assert list(folder.rglob("*.gch")) == []
    with built(TWICE, Simulator.VERILATOR) as flat:
        assert flat != folder
        run_twice(flat, tmp_path)
        assert list(flat.rglob("lib*.a")) == []


def test_lack_of_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a compiler tells it that the system ended."""
    monkeypatch.setenv("DITTOSIM_CACHE", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    for name in ("c++", "g++"):
        script = tmp_path / "bin" / name
        script.write_text(
            "#!/bin/sh\ncase \"$*\" in *Vtop*) echo 'fatal error: Killed signal terminated' >&2; "
            f'exit 1;; esac\nexec {shutil.which(name)} "$@"\n'
        )
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with (
        pytest.raises(DittosimError, match=r"does not build empty: memory ran out; end other"),
        built(TWICE, Simulator.VERILATOR),
    ):
        pass
    assert not list((tmp_path / "cache").glob("*/built"))
