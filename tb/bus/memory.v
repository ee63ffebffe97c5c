// AXI4 slave memory for simulation, deterministic: every cycle follows from latency and interval, or
// on DRAM from its settings (tb/bus/dram.v); all may change while nothing is open.
//
// Reads and writes are independent channels, each in order:
// - the first word of a read is offered latency cycles after its address was accepted, the next
//   ones interval cycles after the word before was taken;
// - a word is taken from the cycle after its address was accepted on, interval cycles after the
//   word before; the response is offered latency cycles after the last word of a burst was taken.
// On DRAM words come one per cycle at most, and responses, as soon as they are there.
// Addresses are accepted in every cycle while fewer than QUEUE bursts of their kind are open.
//
// Words before FIRST are none of the memory's: a master must not ask for them.
//
// Words outside of the memory answer DECERR, and while fault is high the one at fault_address (a
// byte address) SLVERR. Both are read as ones and not written. A write burst is answered by its
// worst word.
//
// load: in a cycle with it, the file +memory_image=FILE is read ($readmemh, @ addresses allowed); DRAM
// is at rest then, and its time begins anew.
// dump: in a cycle with it, words dump_first to dump_last are written to +memory_dump=FILE.
// words_read, words_written: what moved since reset.
// dram_counts: what DRAM did (tb/bus/dram.v).
// violation: what the master did wrong, one bit for each rule in task check; stays set.
module ditto_memory #(
    parameter BYTES = 16,
    parameter WORDS = 65536,
    parameter FIRST = 0,
    parameter QUEUE = 32,
    parameter SETTINGS = 30
) (
    input clk,
    input rst,
    input load,
    input dump,
    input [31:0] dump_first,
    input [31:0] dump_last,
    input [31:0] latency,
    input [31:0] interval,
    input [32*SETTINGS-1:0] dram,
    input fault,
    input [31:0] fault_address,
    output reg [7:0] violation,
    output reg [63:0] words_read,
    output reg [63:0] words_written,
    output [127:0] dram_counts,

    input arid,
    input [31:0] araddr,
    input [7:0] arlen,
    input [2:0] arsize,
    input [1:0] arburst,
    input arvalid,
    output arready,
    output rid,
    output [8*BYTES-1:0] rdata,
    output [1:0] rresp,
    output rlast,
    output rvalid,
    input rready,

    input awid,
    input [31:0] awaddr,
    input [7:0] awlen,
    input [2:0] awsize,
    input [1:0] awburst,
    input awvalid,
    output awready,
    input [8*BYTES-1:0] wdata,
    input [BYTES-1:0] wstrb,
    input wlast,
    input wvalid,
    output wready,
    output bid,
    output [1:0] bresp,
    output bvalid,
    input bready
);
  localparam SIZE = $clog2(BYTES);
  localparam PLACE = $clog2(QUEUE);

  reg [8*BYTES-1:0] words[0:WORDS-1];
  reg [8*1024-1:0] image_file, dump_file;
  integer n;
  initial begin
    // What was never written is not zero.
    for (n = 0; n < WORDS; n = n + 1) words[n] = {BYTES{8'ha5}};
    if (!$value$plusargs("memory_image=%s", image_file)) image_file = "memory_image.hex";
    if (!$value$plusargs("memory_dump=%s", dump_file)) dump_file = "memory_dump.hex";
  end
  always @(posedge clk) begin
    if (load) $readmemh(image_file, words);
    // Before the first inputs any range may be asked for.
    if (dump && dump_first <= dump_last && dump_last < WORDS)
      $writememh(dump_file, words, dump_first, dump_last);
  end

  // Whatever it depends on is an argument: a continuous assignment waits for nothing else.
  function [1:0] response(input [31:0] word, input refuse, input [31:0] address);
    response = word >= WORDS ? 2'd3 : refuse && word == address >> SIZE ? 2'd2 : 2'd0;
  endfunction

  wire on_dram = dram[31:0] != 0;
  always @(posedge clk)
    if (rst) begin
      words_read <= 0;
      words_written <= 0;
    end else begin
      words_read <= words_read + {63'd0, rvalid && rready};
      words_written <= words_written + {63'd0, wvalid && wready};
    end

  reg [63:0] now;
  always @(posedge clk) now <= rst ? 0 : now + 1;

  // Reads
  reg [31:0] read_word[0:QUEUE-1];
  reg [7:0] read_length[0:QUEUE-1];
  reg [63:0] read_due[0:QUEUE-1];
  reg [PLACE:0] read_in, read_out;
  reg [7:0] read_beat;
  reg [31:0] read_wait;
  wire [PLACE-1:0] reading = read_out[PLACE-1:0];
  wire [31:0] read_place = read_word[reading] + {24'd0, read_beat};
  assign arready = read_in - read_out != QUEUE;
  wire reading_there, answering_there;
  assign rvalid = read_in != read_out
      && (on_dram ? reading_there : now >= read_due[reading] && read_wait == 0);
  assign rresp = response(read_place, fault, fault_address);
  assign rdata = rresp == 0 ? words[read_place] : {8 * BYTES{1'b1}};
  assign rlast = read_beat == read_length[reading];
  assign rid = 0;
  always @(posedge clk)
    if (rst) begin
      read_in <= 0;
      read_out <= 0;
      read_beat <= 0;
      read_wait <= 0;
    end else begin
      if (arvalid && arready) begin
        read_word[read_in[PLACE-1:0]] <= araddr >> SIZE;
        read_length[read_in[PLACE-1:0]] <= arlen;
        read_due[read_in[PLACE-1:0]] <= now + {32'd0, latency};
        read_in <= read_in + 1;
      end
      if (rvalid && rready) begin
        read_beat <= rlast ? 0 : read_beat + 1;
        read_out <= read_out + {{PLACE{1'b0}}, rlast};
        read_wait <= interval - 1;
      end else if (read_wait != 0) read_wait <= read_wait - 1;
    end

  // Writes
  reg [31:0] write_word[0:QUEUE-1];
  reg [7:0] write_length[0:QUEUE-1];
  reg [1:0] write_response[0:QUEUE-1];
  reg [63:0] write_due[0:QUEUE-1];
  reg [PLACE:0] write_in, write_sent, write_out;
  reg [7:0] write_beat;
  reg [31:0] write_wait;
  reg [1:0] worst;
  integer lane;
  wire [PLACE-1:0] sending = write_sent[PLACE-1:0];
  wire [PLACE-1:0] answering = write_out[PLACE-1:0];
  wire [31:0] write_place = write_word[sending] + {24'd0, write_beat};
  wire [1:0] here = response(write_place, fault, fault_address);
  wire last_here = write_beat == write_length[sending];
  assign awready = write_in - write_out != QUEUE;
  assign wready = write_in != write_sent && write_wait == 0;
  assign bvalid = write_sent != write_out
      && (on_dram ? answering_there : now >= write_due[answering]);
  assign bresp = write_response[answering];
  assign bid = 0;
  always @(posedge clk)
    if (rst) begin
      write_in <= 0;
      write_sent <= 0;
      write_out <= 0;
      write_beat <= 0;
      write_wait <= 0;
      worst <= 0;
    end else begin
      if (awvalid && awready) begin
        write_word[write_in[PLACE-1:0]] <= awaddr >> SIZE;
        write_length[write_in[PLACE-1:0]] <= awlen;
        write_in <= write_in + 1;
      end
      if (wvalid && wready) begin
        if (here == 0)
          for (lane = 0; lane < BYTES; lane = lane + 1)
            if (wstrb[lane]) words[write_place][8*lane+:8] <= wdata[8*lane+:8];
        worst <= last_here ? 0 : here > worst ? here : worst;
        write_beat <= last_here ? 0 : write_beat + 1;
        if (last_here) begin
          write_response[sending] <= here > worst ? here : worst;
          write_due[sending] <= now + {32'd0, latency};
          write_sent <= write_sent + 1;
        end
        write_wait <= interval - 1;
      end else if (write_wait != 0) write_wait <= write_wait - 1;
      if (bvalid && bready) write_out <= write_out + 1;
    end

  ditto_dram #(
      .BYTES(BYTES),
      .QUEUE(QUEUE),
      .SETTINGS(SETTINGS)
  ) timing (
      .clk(clk),
      .rst(rst),
      .restart(load),
      .settings(dram),
      .read(arvalid && arready),
      .read_place(read_in[PLACE-1:0]),
      .read_address(araddr),
      .read_length(arlen),
      .write(wvalid && wready && last_here),
      .write_place(sending),
      .write_address(write_word[sending] << SIZE),
      .write_length(write_length[sending]),
      .reading(reading),
      .reading_address(read_place << SIZE),
      .reading_there(reading_there),
      .answering(answering),
      .answering_there(answering_there),
      .counts(dram_counts)
  );

  // Rules of AXI
  reg ar_waits, aw_waits, w_waits;
  reg [45:0] ar_before, aw_before;
  reg [9*BYTES:0] w_before;
  wire [45:0] ar_now = {arid, araddr, arlen, arsize, arburst};
  wire [45:0] aw_now = {awid, awaddr, awlen, awsize, awburst};
  wire [9*BYTES:0] w_now = {wdata, wstrb, wlast};

  function legal(input [31:0] address, input [7:0] length, input [2:0] size, input [1:0] burst);
    legal = burst == 1 && {29'd0, size} == SIZE && address % BYTES == 0
        && address % 4096 + ({24'd0, length} + 1) * BYTES <= 4096;
  endfunction

  always @(posedge clk)
    if (rst) begin
      violation <= 0;
      ar_waits <= 0;
      aw_waits <= 0;
      w_waits <= 0;
    end else begin
      ar_waits <= arvalid && !arready;
      aw_waits <= awvalid && !awready;
      w_waits <= wvalid && !wready;
      ar_before <= ar_now;
      aw_before <= aw_now;
      w_before <= w_now;
      check(0, ar_waits && !(arvalid && ar_now === ar_before), "AR changed while it waited");
      check(1, aw_waits && !(awvalid && aw_now === aw_before), "AW changed while it waited");
      check(2, w_waits && !(wvalid && w_now === w_before), "W changed while it waited");
      check(3, arvalid && !legal(araddr, arlen, arsize, arburst),
            "read burst of another kind, misaligned, or beyond its 4 KiB page");
      check(4, awvalid && !legal(awaddr, awlen, awsize, awburst),
            "write burst of another kind, misaligned, or beyond its 4 KiB page");
      check(5, wvalid && wready && wlast != last_here, "WLAST in the wrong place");
      check(6, arvalid && araddr >> SIZE < FIRST || awvalid && awaddr >> SIZE < FIRST,
            "burst of the scratchpad");
    end

  task check(input [2:0] rule, input broken, input [8*80-1:0] what);
    if (broken && !violation[rule]) begin
      violation[rule] <= 1;
      $display("memory: %0s, cycle %0d", what, now);
    end
  endtask
endmodule
