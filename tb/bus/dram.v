// When the words of bursts are there on DRAM, command by command: see docs/dram.md.
//
// Bursts come as their address (of a read) or last word (of a write) is accepted, each with the place
// that its owner keeps it in. Whether a word of a read is there, or all words of a write are, is
// told of the places and the address that are asked about, from the registers of this cycle alone.
//
// Time begins with the first burst after rst or restart; the DRAM is at rest then. Ticks of its
// clock (tCK) of a cycle of clk are done at that cycle's end, then a burst may be chosen of those that
// came in cycles before.
//
// counts: 32 bits each since rst or restart: accesses read and written whose bursts were chosen, the rows
// that were activated, refreshes of each channel that go before those accesses.
//
// settings: 32 bits each, as tb/bus/memory.py has them in SETTINGS. on = 0 switches this module off.
module ditto_dram #(
    parameter BYTES = 16,
    parameter QUEUE = 32,
    parameter SETTINGS = 30
) (
    input clk,
    input rst,
    input restart,
    input [32*SETTINGS-1:0] settings,
    input read,
    input [$clog2(QUEUE)-1:0] read_place,
    input [31:0] read_address,
    input [7:0] read_length,
    input write,
    input [$clog2(QUEUE)-1:0] write_place,
    input [31:0] write_address,
    input [7:0] write_length,
    input [$clog2(QUEUE)-1:0] reading,
    input [31:0] reading_address,
    output reg reading_there,
    input [$clog2(QUEUE)-1:0] answering,
    output answering_there,
    output [127:0] counts
);
  localparam PLACE = $clog2(QUEUE);
  localparam CHANNELS = 32;
  localparam GROUPS = 4;
  localparam BANKS = 64;  // of a channel
  localparam DEPTH = 8192;  // accesses of a channel that were chosen
  localparam ACCESSES = 256;  // of a burst
  localparam WINDOW = 32;
  localparam LONG_AGO = -1000000;

  wire [31:0] on = settings[32*0+:32];
  wire [63:0] clock_ps = {32'd0, settings[32*1+:32]};
  wire [63:0] tck_ps = {32'd0, settings[32*2+:32]};
  wire [31:0] access_shift = settings[32*3+:32];
  wire [31:0] row_shift = settings[32*4+:32];
  wire [31:0] channel_shift = settings[32*5+:32];
  wire [31:0] channels = settings[32*6+:32];
  wire [31:0] group_shift = settings[32*7+:32];
  wire [31:0] groups = settings[32*8+:32];
  wire [31:0] bank_shift = settings[32*9+:32];
  wire [31:0] banks = settings[32*10+:32];
  wire [31:0] window = settings[32*11+:32];
  wire [31:0] write_batch = settings[32*12+:32];
  wire signed [31:0] burst = settings[32*13+:32];
  wire signed [31:0] cl = settings[32*14+:32];
  wire signed [31:0] cwl = settings[32*15+:32];
  wire signed [31:0] rcd = settings[32*16+:32];
  wire signed [31:0] rp = settings[32*17+:32];
  wire signed [31:0] ras = settings[32*18+:32];
  wire signed [31:0] rfc = settings[32*19+:32];
  wire signed [31:0] refi = settings[32*20+:32];
  wire signed [31:0] ccd_s = settings[32*21+:32];
  wire signed [31:0] ccd_l = settings[32*22+:32];
  wire signed [31:0] rrd_s = settings[32*23+:32];
  wire signed [31:0] rrd_l = settings[32*24+:32];
  wire signed [31:0] faw = settings[32*25+:32];
  wire signed [31:0] wr = settings[32*26+:32];
  wire signed [31:0] rtp = settings[32*27+:32];
  wire signed [31:0] wtr_s = settings[32*28+:32];
  wire signed [31:0] wtr_l = settings[32*29+:32];
  wire signed [31:0] read_to_write = cl + burst + 2 - cwl;

  // Bursts, by the places of their owner, and which of a kind came and were chosen in order.
  reg [31:0] read_first[0:QUEUE-1];
  reg [31:0] read_bytes[0:QUEUE-1];
  reg [31:0] write_first[0:QUEUE-1];
  reg [31:0] write_bytes[0:QUEUE-1];
  reg [PLACE-1:0] read_order[0:QUEUE-1];
  reg [PLACE-1:0] write_order[0:QUEUE-1];
  reg [PLACE:0] reads, reads_chosen, writes, writes_chosen;
  reg [31:0] batch;
  // When the data of an access of a read are there, once its command is sent; the same of a write.
  reg [ACCESSES-1:0] read_sent[0:QUEUE-1];
  reg signed [31:0] read_due[0:QUEUE*ACCESSES-1];
  reg [31:0] write_left[0:QUEUE-1];
  reg signed [31:0] write_due[0:QUEUE-1];
  // Ticks that are done: what is due before is there.
  reg signed [31:0] done;

  // Accesses that the word is in, counted from the burst's first; a loop of so many ends whatever the
  // registers hold while they change one after the other.
  wire [31:0] first_access = (reading_address >> access_shift)
      - (read_first[reading] >> access_shift);
  wire [31:0] accesses = (reading_address + BYTES - 1 >> access_shift)
      - (reading_address >> access_shift) + 1;
  integer more;
  always @* begin
    reading_there = 1;
    for (more = 0; more < accesses && more < BYTES; more = more + 1)
      if (!read_sent[reading][first_access[7:0]+more[7:0]]
          || read_due[{reading, first_access[7:0] + more[7:0]}] >= done)
        reading_there = 0;
  end
  assign answering_there = write_left[answering] == 0 && write_due[answering] < done;

  // Of each channel: what was chosen and not sent, in order. Kinds: 0 read, 1 write, 2 refresh.
  reg [1:0] kind[0:CHANNELS*DEPTH-1];
  reg [PLACE-1:0] place[0:CHANNELS*DEPTH-1];
  reg [7:0] which[0:CHANNELS*DEPTH-1];
  reg [4:0] in_window[0:CHANNELS*DEPTH-1];
  reg [5:0] bank_of[0:CHANNELS*DEPTH-1];
  reg [31:0] row_of[0:CHANNELS*DEPTH-1];
  reg activates[0:CHANNELS*DEPTH-1];
  // Before that tick nothing of a channel can be sent, unless more is chosen.
  integer wake[0:CHANNELS-1];
  integer head[0:CHANNELS-1];
  integer tail[0:CHANNELS-1];
  // Of each bank: whether a row is open, which, which will be when all is sent, last commands.
  reg open[0:CHANNELS*BANKS-1];
  reg [31:0] row[0:CHANNELS*BANKS-1];
  reg planned[0:CHANNELS*BANKS-1];
  reg [31:0] planned_row[0:CHANNELS*BANKS-1];
  integer activated[0:CHANNELS*BANKS-1];
  integer bank_read[0:CHANNELS*BANKS-1];
  integer bank_written[0:CHANNELS*BANKS-1];
  integer closed[0:CHANNELS*BANKS-1];
  integer group_activated[0:CHANNELS*GROUPS-1];
  integer group_read[0:CHANNELS*GROUPS-1];
  integer group_written[0:CHANNELS*GROUPS-1];
  integer channel_read[0:CHANNELS-1];
  integer channel_written[0:CHANNELS-1];
  integer refreshed[0:CHANNELS-1];
  // Of the last four activates, the latest first.
  integer last_activates[0:CHANNELS*4-1];
  // Accesses of the bursts in the window whose commands are not sent.
  integer left[0:WINDOW-1];
  integer window_head, window_tail;

  reg [31:0] accesses_read, accesses_written, activations, refreshes, refreshes_due;
  assign counts = {refreshes, activations, accesses_written, accesses_read};

  reg running;
  reg [63:0] cycles;
  integer now, due_refresh;
  integer c, g, b, i, n, e, at, bk, gr, first, last, count;
  reg [BANKS-1:0] busy;
  reg waits_to_activate, all_closed, stop;
  reg chosen_write, chosen;
  reg [PLACE-1:0] slot;
  reg [31:0] address, from, bytes;

  task rest;
    begin
      running = 0;
      cycles = 0;
      now = 0;
      done <= 0;
      due_refresh = refi;
      reads = 0;
      reads_chosen = 0;
      writes = 0;
      writes_chosen = 0;
      batch = 0;
      window_head = 0;
      window_tail = 0;
      accesses_read = 0;
      accesses_written = 0;
      activations = 0;
      refreshes = 0;
      refreshes_due = 0;
      // Thousands of statements if they were written one after the other, which compilers are slow at.
      /* verilator unroll_disable */
      for (c = 0; c < CHANNELS; c = c + 1) begin
        head[c] = 0;
        tail[c] = 0;
        wake[c] = 0;
        channel_read[c] = LONG_AGO;
        channel_written[c] = LONG_AGO;
        refreshed[c] = LONG_AGO;
        for (i = 0; i < 4; i = i + 1) last_activates[4*c+i] = LONG_AGO;
        for (i = 0; i < GROUPS; i = i + 1) begin
          group_activated[GROUPS*c+i] = LONG_AGO;
          group_read[GROUPS*c+i] = LONG_AGO;
          group_written[GROUPS*c+i] = LONG_AGO;
        end
        /* verilator unroll_disable */
        for (i = 0; i < BANKS; i = i + 1) begin
          open[BANKS*c+i] = 0;
          planned[BANKS*c+i] = 0;
          activated[BANKS*c+i] = LONG_AGO;
          bank_read[BANKS*c+i] = LONG_AGO;
          bank_written[BANKS*c+i] = LONG_AGO;
          closed[BANKS*c+i] = LONG_AGO;
        end
      end
    end
  endtask

  // Whether the tick has come that a command waits for, the last of all that it must come after; else
  // the channel looks again then.
  integer from_tick;
  task after(input integer tick);
    if (tick > from_tick) from_tick = tick;
  endtask
  reg may;
  task decide;
    begin
      may = now >= from_tick;
      if (may) wake[c] = now + 1;
      else if (from_tick < wake[c]) wake[c] = from_tick;
    end
  endtask

  // Precharges bank bk of channel c in tick now, if it may.
  task close;
    begin
      from_tick = activated[bk] + ras;
      after(bank_read[bk] + rtp);
      after(bank_written[bk] + cwl + burst + wr);
      decide;
      if (may) begin
        open[bk] = 0;
        closed[bk] = now;
      end
    end
  endtask

  // Activates the row of access e, if it may.
  task activate;
    begin
      from_tick = closed[bk] + rp;
      after(refreshed[c] + rfc);
      after(last_activates[4*c] + rrd_s);
      after(group_activated[gr] + rrd_l);
      after(last_activates[4*c+3] + faw);
      decide;
      if (may) begin
        open[bk] = 1;
        row[bk] = row_of[e];
        activated[bk] = now;
        group_activated[gr] = now;
        for (i = 3; i > 0; i = i - 1) last_activates[4*c+i] = last_activates[4*c+i-1];
        last_activates[4*c] = now;
        activates[e] = 0;
        activations = activations + 1;
      end
    end
  endtask

  // Everything that channel c can send in tick now, the oldest first.
  task send;
    begin
      wake[c] = 32'h7fffffff;
      busy = 0;
      waits_to_activate = 0;
      stop = 0;
      first = head[c];
      last = tail[c];
      for (n = first; n != last && !stop; n = n + 1) begin
        e = DEPTH * c + n % DEPTH;
        if (kind[e] == 2) begin
          all_closed = 1;
          for (i = 0; i < groups * banks; i = i + 1) begin
            bk = BANKS * c + i;
            if (open[bk] && !busy[i]) close;
            if (open[bk]) all_closed = 0;
          end
          if (n == first && all_closed) begin
            from_tick = refreshed[c] + rfc;
            for (i = 0; i < groups * banks; i = i + 1) after(closed[BANKS*c+i] + rp);
            decide;
            if (may) begin
              refreshed[c] = now;
              head[c] = head[c] + 1;
            end
          end
          stop = 1;
        end else begin
          bk = BANKS * c + {26'd0, bank_of[e]};
          gr = GROUPS * c + {26'd0, bank_of[e]} / banks;
          if (!busy[bank_of[e]]) begin
            if (open[bk] && row[bk] == row_of[e]) begin
              if (n == first) move;
            end else if (open[bk]) close;
            else if (!waits_to_activate) activate;
          end
          busy[bank_of[e]] = 1;
          if (activates[e]) waits_to_activate = 1;
        end
      end
    end
  endtask

  // The column command of access e, if it may be sent.
  task move;
    begin
      from_tick = activated[bk] + rcd;
      if (kind[e] == 0) begin
        after(channel_read[c] + ccd_s);
        after(group_read[gr] + ccd_l);
        after(channel_written[c] + cwl + burst + wtr_s);
        after(group_written[gr] + cwl + burst + wtr_l);
      end else begin
        after(channel_written[c] + ccd_s);
        after(group_written[gr] + ccd_l);
        after(channel_read[c] + read_to_write);
      end
      decide;
      if (may) begin
        if (kind[e] == 0) begin
          channel_read[c] = now;
          group_read[gr] = now;
          bank_read[bk] = now;
          read_sent[place[e]][which[e]] <= 1;
          read_due[{place[e], which[e]}] <= now + cl + burst;
        end else begin
          channel_written[c] = now;
          group_written[gr] = now;
          bank_written[bk] = now;
          write_counts[place[e]] = write_counts[place[e]] - 1;
          write_left[place[e]] <= write_counts[place[e]];
          if (write_last[place[e]] < now + cwl + burst) write_last[place[e]] = now + cwl + burst;
          write_due[place[e]] <= write_last[place[e]];
        end
        left[in_window[e]] = left[in_window[e]] - 1;
        head[c] = head[c] + 1;
      end
    end
  endtask
  reg [31:0] write_counts[0:QUEUE-1];
  integer write_last[0:QUEUE-1];

  // Which kind goes first of those that came before, if any can be chosen.
  task choose;
    begin
      count = {{31 - PLACE{1'b0}}, writes - writes_chosen};
      chosen = window_tail - window_head < window && (reads != reads_chosen || count != 0);
      chosen_write = 0;
      if (chosen) begin
        if (batch != 0) begin
          batch = batch - 1;
          chosen_write = 1;
        end else if (count >= write_batch) begin
          batch = count - 1;
          chosen_write = 1;
        end else chosen_write = reads == reads_chosen;
      end
    end
  endtask

  // Appends the accesses of the chosen burst to the queues of their channels.
  task plan;
    begin
      if (chosen_write) begin
        slot = write_order[writes_chosen[PLACE-1:0]];
        writes_chosen = writes_chosen + 1;
        from = write_first[slot];
        bytes = write_bytes[slot];
      end else begin
        slot = read_order[reads_chosen[PLACE-1:0]];
        reads_chosen = reads_chosen + 1;
        from = read_first[slot];
        bytes = read_bytes[slot];
      end
      n = 0;
      for (address = from >> access_shift; address <= from + bytes - 1 >> access_shift;
           address = address + 1) begin
        c = (address << access_shift >> channel_shift) % channels;
        g = (address << access_shift >> group_shift) % groups;
        b = (address << access_shift >> bank_shift) % banks;
        at = g * banks + b;
        e = DEPTH * c + tail[c] % DEPTH;
        bk = BANKS * c + at;
        kind[e] = {1'b0, chosen_write};
        wake[c] = 0;
        place[e] = slot;
        which[e] = n[7:0];
        in_window[e] = window_tail[4:0];
        bank_of[e] = at[5:0];
        row_of[e] = address << access_shift >> row_shift;
        activates[e] = !planned[bk] || planned_row[bk] != row_of[e];
        planned[bk] = 1;
        planned_row[bk] = row_of[e];
        tail[c] = tail[c] + 1;
        n = n + 1;
      end
      if (chosen_write) accesses_written = accesses_written + n;
      else accesses_read = accesses_read + n;
      refreshes = refreshes_due;
      left[window_tail%WINDOW] = n;
      window_tail = window_tail + 1;
      if (chosen_write) begin
        write_counts[slot] = n;
        write_last[slot] = 0;
      end
    end
  endtask

  always @(posedge clk)
    if (rst || restart) begin
      rest;
    end else if (on != 0) begin
      if (read || write) running = 1;
      if (running) begin
        while ({32'd0, now} * tck_ps < (cycles + 1) * clock_ps) begin
          if (now == due_refresh) begin
            due_refresh = due_refresh + refi;
            refreshes_due = refreshes_due + 1;
            for (c = 0; c < channels; c = c + 1) begin
              kind[DEPTH*c+tail[c]%DEPTH] = 2;
              wake[c] = 0;
              tail[c] = tail[c] + 1;
              for (i = 0; i < BANKS; i = i + 1) planned[BANKS*c+i] = 0;
            end
          end
          for (c = 0; c < channels; c = c + 1) if (head[c] != tail[c] && now >= wake[c]) send;
          now = now + 1;
        end
        while (window_head != window_tail && left[window_head%WINDOW] == 0)
          window_head = window_head + 1;
        choose;
        if (chosen) plan;
        cycles = cycles + 1;
        done <= now;
      end
      if (read) begin
        read_first[read_place] <= read_address;
        read_bytes[read_place] <= ({24'd0, read_length} + 1) * BYTES;
        read_sent[read_place] <= 0;
        read_order[reads[PLACE-1:0]] = read_place;
        reads = reads + 1;
      end
      if (write) begin
        write_first[write_place] <= write_address;
        write_bytes[write_place] <= ({24'd0, write_length} + 1) * BYTES;
        write_left[write_place] <= 1;
        write_order[writes[PLACE-1:0]] = write_place;
        writes = writes + 1;
      end
    end
endmodule
