"""Designs that are placed on an FPGA by no tool."""

from pathlib import Path

import pytest

from dittosim.fpga.placement import Placement, WorstPath
from dittosim.fpga.synthesis import Netlist

PATH = WorstPath(20.0, 8.0, 12.0, "core.a[3]", "core.b", 7, ["core.a[3]", "core.x"])


def placed_without_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes ``fpga`` find a small design; of the tile one that fits no 25k."""

    def synthesize(top: str, verilog: str, folder: Path) -> Netlist:
        (folder / "design.v").write_text(verilog)
        memories = {"core.a.words": "block RAM", "core.b": "distributed RAM"}
        return Netlist({"LUT4": 100, "DP16KD": 57 if top == "ditto_tile" else 4}, memories)

    def place(*arguments: object, pins: str | None, out_of_context: bool) -> Placement:
        folder = arguments[-1]
        assert isinstance(folder, Path)
        for name in ("timing.json", "placement.log"):
            (folder / name).write_text(str(pins))
        if not out_of_context:
            (folder / "design.config").write_text("bits")
        used, holds = {"TRELLIS_COMB": 120}, {"TRELLIS_COMB": 24288, "DP16KD": 56}
        return Placement(used, holds, 50.0, PATH)

    def pack(folder: Path, bitstream: str) -> None:
        (folder / bitstream).write_bytes(b"\xff\x00")

    tools = {"yosys": "yosys 1", "nextpnr": "nextpnr 2"}
    module = "dittosim.commands.fpga"
    monkeypatch.setattr(f"{module}.versions", lambda: tools)
    monkeypatch.setattr(f"{module}.synthesize", synthesize)
    monkeypatch.setattr(f"{module}.place", place)
    monkeypatch.setattr(f"{module}.pack", pack)
