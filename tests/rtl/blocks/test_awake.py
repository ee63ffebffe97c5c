from rtl.blocks.awake import awake

YOSYS = """\
module ditto_one(clk, a, o);
  reg \\$auto$verilog_backend.cc:2355:dump_module$1  = 0;
  input clk;
  input a;
  output [1:0] o;
  reg [1:0] o;
  reg b = 1'h0;
  always @*
    o[0] = a;
  always @* begin
    if (\\$auto$verilog_backend.cc:2355:dump_module$1 ) begin end
    o[1] = b;
    if (a) begin
      o[1] = 1'h1;
    end
  end
  always @(posedge clk)
    b <= a;
endmodule
"""


def test_every_combinational_block_reads_the_register() -> None:
    module = awake(YOSYS)
    assert "verilog_backend" not in module
    assert module.count("reg awake;") == module.count("initial awake <= 0;") == 1
    blocks = module.split("always @* begin\n")
    assert len(blocks) == 3
    assert all(block.startswith("    if (awake) begin end\n    o[") for block in blocks[1:])
    assert module.count("begin") == module.count("end") - module.count("endmodule")
    assert "  always @(posedge clk)\n    b <= a;\n" in module


def test_a_module_without_such_blocks_stays() -> None:
    module = "module ditto_one(a, o);\n  input a;\n  output o;\n  assign o = a;\nendmodule"
    assert awake(module) == module
