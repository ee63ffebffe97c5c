"""Synthesis, placement and packing by the tools themselves, on a design that takes seconds."""

from pathlib import Path

from dittosim.fpga.devices import device_of
from dittosim.fpga.placement import pack, place
from dittosim.fpga.synthesis import synthesize
from tests.helpers.tools import needs_ecppack, needs_nextpnr

DESIGN = """
module small(input clk, input rst, input rx, output reg tx);
  reg [15:0] words[0:1023];
  reg [7:0] few[0:31];
  reg [9:0] at;
  reg [15:0] o;
  reg [7:0] p;
  always @(posedge clk) begin
    at <= rst ? 0 : at + 1;
    if (rx) words[at] <= {o[14:0], rx};
    if (rx) few[at[4:0]] <= {p[6:0], rx};
    o <= words[at + 3];
    p <= few[at[4:0] + 3];
    tx <= ^(o * p);
  end
endmodule
"""
PINS = """\
LOCATE COMP "clk" SITE "G2";
IOBUF PORT "clk" IO_TYPE=LVCMOS33;
LOCATE COMP "rst" SITE "T1";
LOCATE COMP "rx" SITE "M1";
LOCATE COMP "tx" SITE "L4";
"""


@needs_nextpnr
@needs_ecppack
def test_a_bitstream(tmp_path: Path) -> None:
    netlist = synthesize("small", DESIGN, tmp_path)
    assert netlist.memories == {"words": "block RAM", "few": "distributed RAM"}
    device = device_of("25k", "CABGA381")
    placed = place(device, "CABGA381", 6, 50, 1, tmp_path, pins=PINS, out_of_context=False)
    assert {name: placed.holds[name] for name in device.holds} == device.holds
    assert placed.used["TRELLIS_IO"] == 4
    assert (placed.used["DP16KD"], placed.used["MULT18X18D"]) == (1, 1)
    assert placed.used["TRELLIS_COMB"] >= netlist.needs()["TRELLIS_COMB"]
    assert placed.mhz is not None and placed.worst is not None
    assert placed.mhz > 20
    pack(tmp_path, "small.bit")
    # The preamble of a configuration
    assert b"\xff\xff\xbd\xb3" in (tmp_path / "small.bit").read_bytes()[:4096]
