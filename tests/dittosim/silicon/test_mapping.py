import re
from pathlib import Path

import pytest

from dittosim.silicon import mapping
from dittosim.silicon.design import split
from dittosim.silicon.liberty import OSU018, Library, parse_liberty
from dittosim.silicon.mapping import CELLS, Aim, map_module, read_netlist
from golden.errors import DittosimError
from tests.helpers.cells import DESIGN, library
from tests.helpers.tools import needs_osu018, needs_yosys

NETLIST = r"""
module ditto_child(clk, q, q_);
  INV_1 _1_ (
    .A(_0_),
    .Y(_2_)
  );
  DFF_1 _3_ (
    .CK(clk),
    .D(_2_),
    .Q(\some.register [12])
  );
  DFF_1 \named.one  (
    .CK(clk),
    .D(q),
    .Q(q)
  );
  ditto_other other (
    .a(q)
  );
endmodule
"""


def cells_of(text: str, folder: Path) -> Library:
    (folder / CELLS).write_text(text)
    return parse_liberty(text, CELLS)


def test_netlists_are_read() -> None:
    cells, registers = read_netlist(NETLIST, parse_liberty(library(), CELLS))
    assert cells == {"INV_1": 1, "DFF_1": 2}
    assert registers == {"_3_": "some.register[12]", "named.one": "q"}


@needs_yosys
def test_a_module_for_area(tmp_path: Path) -> None:
    cells = cells_of(library(), tmp_path)
    design = split("ditto_top", DESIGN, tmp_path)
    found = {name: map_module(name, Aim.AREA, cells, tmp_path) for name in design.modules}
    child = found["ditto_child"]
    assert child.flip_flops == child.cells["DFF_1"] == 4
    assert set(child.registers.values()) == {f"q[{bit}]" for bit in range(4)}
    assert child.area_um2 == sum(n * cells.cells[cell].area for cell, n in child.cells.items())
    # 16 x 4 bits are too few for a macro: 64 flip-flops, and 4 that were read last.
    assert found["ditto_top"].flip_flops == 16 * 4 + 4
    pair = found["ditto_pair"]
    assert "DFF_1" not in pair.cells
    netlist, timed = pair.file.read_text(), pair.timed.read_text()
    assert len(re.findall(r"^  ditto_child \w+ \(", netlist, re.MULTILINE)) == 2
    assert len(re.findall(r"^  memory_64x8_1r1w ", netlist, re.MULTILINE)) == 1
    assert "ditto_child" not in timed.replace("ditto_child.", "")
    for port in (
        r"input \[3:0\] \\one\.q ",
        r"output \[3:0\] \\one\.a ",
        r"input \[7:0\].*RD_DATA",
    ):
        assert re.search(port, timed), port


@needs_yosys
@needs_osu018
def test_a_module_for_speed(tmp_path: Path) -> None:
    cells = cells_of(OSU018.read_text(), tmp_path)
    split("ditto_child", DESIGN, tmp_path)
    for aim in Aim:
        assert map_module("ditto_child", aim, cells, tmp_path).flip_flops == 4


@needs_yosys
def test_what_is_not_proven_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # With an output at 0 it is another circuit.
    monkeypatch.setitem(mapping.SCRIPTS, Aim.AREA, "strash;zeropo -N 0;amap")
    split("ditto_child", DESIGN, tmp_path)
    with pytest.raises(DittosimError, match="could not prove its netlist of ditto_child right"):
        map_module("ditto_child", Aim.AREA, cells_of(library(), tmp_path), tmp_path)


@needs_yosys
def test_what_yosys_refuses(tmp_path: Path) -> None:
    with pytest.raises(DittosimError, match=r"yosys failed: .*syntax error"):
        split("ditto_child", "module ditto_child(", tmp_path)
