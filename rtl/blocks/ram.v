module ditto_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter PARTS = 1,
    parameter ADDRESS = 1
) (
    input clk,
    input rst,
    input [PARTS-1:0] write,
    input [ADDRESS-1:0] write_address,
    input [WIDTH-1:0] write_data,
    input read,
    input [ADDRESS-1:0] read_address,
    output reg [WIDTH-1:0] o
);
  localparam PART = WIDTH / PARTS;
  reg [WIDTH-1:0] words[0:DEPTH-1];
  integer n;
`ifdef __ICARUS__
  // Memories start with any bits, not with bits that are neither 0 nor 1.
  initial for (n = 0; n < DEPTH; n = n + 1) words[n] = 0;
`endif
  always @(posedge clk) begin
    for (n = 0; n < PARTS; n = n + 1)
      if (write[n]) words[write_address][n*PART+:PART] <= write_data[n*PART+:PART];
    if (read) o <= words[read_address];
  end
endmodule
