"""A standard cell library made for tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dittosim.silicon.design import Design, Memory, Module
from dittosim.silicon.machine import ModuleFigures
from dittosim.silicon.mapping import Aim, Netlist
from dittosim.silicon.timing import TimedPath, Timing

HEAD = """library (test_cells) {
  delay_model : table_lookup;
  time_unit : "1ns";
  voltage_unit : "1V";
  current_unit : "1mA";
  leakage_power_unit : "1nW";
  capacitive_load_unit (1, ff);
  nom_voltage : 1.0;
  operating_conditions (typical) { process : 1; temperature : 25; voltage : 1; }
  default_operating_conditions : typical;
  lu_table_template (delays) {
    variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance;
    index_1 ("0.01, 0.5");
    index_2 ("1, 100");
  }
"""
GATES = {
    "INV_1": ("!A", 1.0, 1.0),
    "INV_4": ("!A", 2.0, 0.25),
    "BUF_1": ("A", 2.0, 1.0),
    "BUF_4": ("A", 4.0, 0.25),
    "NAND2_1": ("!(A B)", 1.5, 1.0),
    "NOR2_1": ("!(A+B)", 1.5, 1.2),
    "XOR2_1": ("(A^B)", 3.0, 1.5),
    "AOI21_1": ("!((A B)+C)", 2.0, 1.3),
}
"""Function, area and delay"""

DESIGN = """
module ditto_child(input clk, input rst, input [3:0] a, output reg [3:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= a + q;
endmodule

module ditto_ram #(parameter WIDTH = 8, parameter DEPTH = 64, parameter BITS = 6) (
  input clk, input we, input [BITS-1:0] wa, input [WIDTH-1:0] d,
  input re, input [BITS-1:0] ra, output reg [WIDTH-1:0] o
);
  reg [WIDTH-1:0] words[0:DEPTH-1];
  always @(posedge clk) begin
    if (we) words[wa] <= d;
    if (re) o <= words[ra];
  end
endmodule

module ditto_pair(input clk, input rst, input [3:0] a, input b, output [3:0] o, output [7:0] w);
  wire [3:0] q, r;
  ditto_child one (.clk(clk), .rst(rst), .a(a ^ {4{b}}), .q(q));
  ditto_child two (.clk(clk), .rst(rst), .a(q), .q(r));
  assign o = r ^ q;
  ditto_ram #(.WIDTH(8)) ram (
    .clk(clk), .we(b), .wa({q[1:0], r}), .d({r, q}), .re(b), .ra({q[1:0], a}), .o(w));
endmodule

module ditto_top(input clk, input rst, input [3:0] a, input b, output [3:0] o, output [7:0] w);
  wire [3:0] p, q, r;
  wire [7:0] x, y;
  ditto_pair left (.clk(clk), .rst(rst), .a(a), .b(b), .o(p), .w(x));
  ditto_pair right (.clk(clk), .rst(rst), .a(p), .b(b), .o(q), .w(y));
  ditto_child last (.clk(clk), .rst(rst), .a(q), .q(r));
  ditto_ram #(.WIDTH(4), .DEPTH(16), .BITS(4)) small (
    .clk(clk), .we(b), .wa(q), .d(a), .re(b), .ra(r), .o(o));
  assign w = x & y;
endmodule
"""
"""Modules within each other, with memories"""


def library() -> str:
    """The Liberty file: a few gates and a flip-flop."""
    return HEAD + "".join(_gate(name, *gate) for name, gate in GATES.items()) + FLIP_FLOP + "}\n"


def save_library(path: Path) -> Path:
    """Writes it."""
    path.write_text(library())
    return path


def mapped_without_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes ``ppa`` find a machine of one PE, by no tool."""

    def split(top: str, _: str, folder: Path) -> Design:
        (folder / f"{top}.il").touch()
        return Design(top, {top: Module(top, {}, {Memory(8, 256, 1, 1): 2})}, folder)

    def measured(_: int, __: object, tasks: list[tuple], **___: object) -> Iterator[tuple]:
        for name, aim, library, _activity, folder in tasks:
            file = folder / f"{name}.{aim.value}.v"
            file.write_text(f"module {name}();\nendmodule\n")
            cells = {"INV_1": 20, "DFF_1": 10}
            area = sum(count * library.cells[cell].area for cell, count in cells.items())
            netlist = Netlist(name, aim, cells, area, 10, {}, file, file, ())
            path = TimedPath({Aim.AREA: 2.0, Aim.SPEED: 1.0}[aim], "i[0]", "sum[3]")
            yield name, aim, ModuleFigures(netlist, Timing(path, path, 1.5, 20.0, "a report"))

    monkeypatch.setattr("dittosim.commands.ppa.versions", lambda: {"yosys": "Y", "opensta": "S"})
    monkeypatch.setattr("dittosim.commands.ppa.split", split)
    monkeypatch.setattr("dittosim.commands.ppa.in_parallel", measured)


def _gate(name: str, function: str, area: float, delay: float) -> str:
    inputs = [pin for pin in "ABC" if pin in function]
    arcs = "".join(_timing(pin, "", delay) for pin in inputs)
    pins = "".join(
        f"    pin ({pin}) {{ direction : input; capacitance : 1.5; }}\n" for pin in inputs
    )
    return (
        f"  cell ({name}) {{\n    area : {area};\n    cell_leakage_power : {area};\n{pins}"
        f"    pin (Y) {{\n      direction : output;\n      max_capacitance : 100;\n"
        f'      function : "{function}";\n{arcs}    }}\n  }}\n'
    )


def _timing(pin: str, more: str, delay: float) -> str:
    rows = [f'"{delay * a:g}, {delay * b:g}"' for a, b in ((0.1, 0.6), (0.15, 0.8))]
    tables = "".join(
        f"        {kind} (delays) {{ values ({', '.join(rows)}); }}\n"
        for kind in ("cell_rise", "rise_transition", "cell_fall", "fall_transition")
    )
    return f'      timing () {{\n        related_pin : "{pin}";\n{more}{tables}      }}\n'


FLIP_FLOP = (
    """  cell (DFF_1) {
    area : 6;
    ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    pin (CK) { direction : input; clock : true; capacitance : 1; }
    pin (D) {
      direction : input;
      capacitance : 1;
      timing () {
        related_pin : "CK";
        timing_type : setup_rising;
        rise_constraint (scalar) { values ("0.05"); }
        fall_constraint (scalar) { values ("0.05"); }
      }
    }
    pin (Q) {
      direction : output;
      max_capacitance : 100;
      function : "IQ";
"""
    + _timing("CK", "        timing_type : rising_edge;\n", 1.0)
    + """    }
  }
"""
)
