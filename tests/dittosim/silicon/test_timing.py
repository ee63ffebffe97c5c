from pathlib import Path
from typing import Any

import pytest

from dittosim.silicon.design import split
from dittosim.silicon.liberty import parse_liberty, read_liberty_text
from dittosim.silicon.mapping import CELLS, Aim, Netlist, map_module
from dittosim.silicon.timing import Timing, time_module
from tests.helpers.cells import DESIGN, library
from tests.helpers.tools import needs_opensta, needs_yosys

pytestmark = [needs_yosys, needs_opensta]

SHIFT = """
module ditto_shift(input clk, input d, output reg q);
  reg first;
  always @(posedge clk) begin first <= d; q <= first; end
endmodule
"""
TIED = """
module ditto_tied(input clk, input d, output [9:0] o, output [3:0] p);
  reg q;
  always @(posedge clk) q <= d;
  assign {o[9:7], p[3:2], o[5:1], p[0]} = 11'h155;
  assign {o[6], o[0], p[1]} = {3{q}};
endmodule
"""
WIRES = """\
  wire_load ("long") { capacitance : 1; resistance : 0; slope : 100; fanout_length (1, 100); }
  default_wire_load : "long" ;
  default_wire_load_mode : top;
"""
NO_CLOCK = "module ditto_xor(input a, input b, output o); assign o = a ^ b; endmodule\n"


def mapped(
    name: str,
    verilog: str,
    folder: Path,
    activity: float = 0.1,
    text: str = library(),
) -> tuple[Netlist, Timing]:
    (folder / CELLS).write_text(text)
    cells = parse_liberty(text, CELLS)
    split(name, verilog, folder)
    netlist = map_module(name, Aim.AREA, cells, folder)
    return netlist, time_module(netlist, cells, activity, folder)


def timed(name: str, verilog: str, folder: Path, **options: Any) -> Timing:
    return mapped(name, verilog, folder, **options)[1]


def wide(children: int) -> str:
    leaves = "".join(
        f"  ditto_leaf leaf{number} (.clk(clk), .d(r), .q(o[{number}]));\n"
        for number in range(children)
    )
    return f"""
module ditto_leaf(input clk, input d, output reg q);
  always @(posedge clk) q <= d;
endmodule

module ditto_wide(input clk, input a, output [{children - 1}:0] o);
  reg r;
  always @(posedge clk) r <= a;
{leaves}endmodule
"""


def test_a_path_between_registers(tmp_path: Path) -> None:
    found = timed("ditto_shift", SHIFT, tmp_path)
    assert found.registers is not None
    assert (found.registers.start, found.registers.end) == ("first", "q")
    # Clock to output at no slew and the load of one flip-flop, and the setup time.
    assert found.registers.ns == pytest.approx(0.1 + 0.05, abs=0.03)
    assert found.worst == found.registers
    assert "Startpoint" in found.report


def test_no_wires(tmp_path: Path) -> None:
    """A library's own guess at wires is left out, as the page says."""
    packed = tmp_path / "wires.lib"
    packed.write_text(library().replace("  nom_voltage", f"{WIRES}  nom_voltage"))
    found = []
    for number, text in enumerate((library(), read_liberty_text(packed), packed.read_text())):
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(timed("ditto_shift", SHIFT, folder, text=text))
    assert found[0] == found[1]
    assert found[0].worst is not None
    assert found[2].worst is not None
    assert found[2].worst.ns > 2 * found[0].worst.ns, "the tools would take it"


def test_a_net_that_drives_many_children_is_buffered(tmp_path: Path) -> None:
    """As a tree, not with a buffer each; and one that drives few of them is not."""
    found = {}
    for number in (2, 64):
        folder = tmp_path / str(number)
        folder.mkdir()
        netlist, timing = mapped("ditto_wide", wide(number), folder)
        buffers = sum(count for cell, count in netlist.cells.items() if cell.startswith("BUF"))
        assert set(netlist.registers.values()) == {"r"}
        assert timing.worst is not None
        found[number] = buffers, timing.worst.ns
    assert found[2][0] == 0
    assert 2 <= found[64][0] <= 16
    assert found[64][1] < 4 * found[2][1], "32 times the load"


def test_power(tmp_path: Path) -> None:
    still, lively = (
        timed("ditto_shift", SHIFT, tmp_path, activity=activity) for activity in (0.1, 1.0)
    )
    assert 0 < still.cycle_pj < lively.cycle_pj
    assert still.leakage_uw == lively.leakage_uw


def test_a_module_without_clock(tmp_path: Path) -> None:
    found = timed("ditto_xor", NO_CLOCK, tmp_path)
    assert found.registers is None
    assert found.worst is not None
    assert (found.worst.start, found.worst.end) in {("a", "o"), ("b", "o")}


def test_children_are_ports(tmp_path: Path) -> None:
    """Their clocks are no outputs, and take no part in any path."""
    found = timed("ditto_pair", DESIGN, tmp_path)
    assert found.worst is not None
    assert not {found.worst.start, found.worst.end} & {"clk", "one.clk", "two.clk"}
    assert found.worst.start.startswith("one.q[")


def test_constants_on_many_outputs(tmp_path: Path) -> None:
    """OpenSTA takes no concatenation that something is assigned to."""
    found = timed("ditto_tied", TIED, tmp_path)
    assert found.worst is not None
    assert "assign {" not in (tmp_path / "ditto_tied.area.timed.v").read_text()
