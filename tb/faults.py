"""Negative controls: faults put into emitted Verilog, each of which a bench must find.

The patterns fit the Verilog of the preset ``tiny``; one that does not match exactly once is an
error, so a fault cannot get lost when the hardware changes.
"""

import re
from dataclasses import dataclass, replace

from rtl.emit import Emission


@dataclass(frozen=True)
class Fault:
    """A change of one place in one module."""

    name: str
    bench: str
    """The bench that must find it."""
    module: str
    pattern: str
    """Regular expression that matches once in the module."""
    replacement: str
    stalls: bool = False
    """Whether it shows only under stalls."""

    def inject(self, emission: Emission) -> Emission:
        """The design with the fault. Raises ValueError if the pattern does not match once."""
        start = emission.verilog.index(f"\nmodule {self.module}(")
        end = emission.verilog.index("\nendmodule", start)
        module = emission.verilog[start:end]
        matches = len(re.findall(self.pattern, module))
        if matches != 1:
            raise ValueError(f"fault {self.name}: the pattern matches {matches} times, not once")
        faulty = re.sub(self.pattern, self.replacement, module)
        verilog = emission.verilog[:start] + faulty + emission.verilog[end:]
        return replace(emission, verilog=verilog)


FAULTS = (
    Fault(
        "high digit shifted by 3",
        "multiplier",
        "ditto_pe",
        r"product0, 4'h0 \}",
        "product0[12], product0, 3'h0 }",
    ),
    Fault(
        "weight without sign",
        "multiplier",
        "ditto_pe",
        r"\$signed\((i__payload\[23:16\])\)",
        r"$signed({1'b0, \1})",
    ),
    Fault("lane left out of the sum", "pe", "ditto_pe", r"\$signed\(\\\$2 \[16:0\]\) \+ ", ""),
    Fault("row starts from the old sum", "pe", "ditto_pe", r"fresh0 \?", "1'b0 ?"),
    Fault(
        "sum overwritten while it waits",
        "pe",
        "ditto_pe",
        r"i__ready = (\S+ +\| o__ready)",
        r"i__ready = 1'b1",
        stalls=True,
    ),
    Fault("magnitude not negated", "encoder", "ditto_encoder", r"difference3\[8\] \? ", "1'b0 ? "),
    Fault(
        "9-bit difference cut to 8",
        "encoder",
        "ditto_encoder",
        r"\$signed\(i__payload\[31:24\]\) - \$signed\(i__payload\[95:88\]\)",
        "$signed(i__payload[31:24] - i__payload[95:88])",
    ),
    Fault("one element too many in a short beat", "encoder", "ditto_encoder", r"> 3'h5", ">= 3'h5"),
    Fault(
        "beat overwritten while it waits",
        "encoder",
        "ditto_encoder",
        r"i__ready = (\S+ +\| o__ready)",
        "i__ready = 1'b1",
        stalls=True,
    ),
    Fault("dropped sign", "lane-fifo", "ditto_lane_fifo", r"negative \? ", "1'b0 ? "),
    Fault(
        "skipped slot",
        "lane-fifo",
        "ditto_lane_fifo",
        r"rest = slots & ",
        "rest = slots & 8'hfb & ",
    ),
    Fault(
        "high digit not marked",
        "lane-fifo",
        "ditto_lane_fifo",
        r"= \| \{ chosen\[7\]",
        "= | { 1'b0",
    ),
    Fault(
        "FIFO one entry too shallow",
        "lane-fifo",
        "ditto_lane_fifo",
        r"= ~ valid\[1\];",
        "= ~ valid[0];",
    ),
    Fault("row done too early", "lane-fifo", "ditto_lane_fifo", r"= valid\[1\] & ", "= 1'b0 & "),
    Fault(
        "slot leaves before its row may",
        "tile",
        "ditto_lane_fifo",
        r"o__valid = valid\[0\] & gate_open",
        "o__valid = valid[0]",
    ),
    Fault(
        "row closed while a lane works",
        "tile",
        "ditto_tile",
        r"& \{ lane1__done, lane0__done \}",
        "lane0__done",
    ),
    Fault("rows queued one too few", "tile", "ditto_tile", r"!= 2'h2;", "!= 2'h1;"),
    Fault(
        "lane 1 reads the weights of lane 0",
        "tile",
        "ditto_column",
        r"\.addresses\(control\[19:8\]\)",
        ".addresses({control[13:8], control[13:8]})",
    ),
    Fault(
        "weights read while the tile stands still",
        "tile",
        "ditto_column",
        r"\.read\(control\[20\]\)",
        ".read(1'b1)",
        stalls=True,
    ),
    Fault(
        "stored accumulators not loaded",
        "tile",
        "ditto_accumulator",
        r"control\[1\] \? read__data",
        "1'b0 ? read__data",
    ),
    Fault(
        "running sum not cleared between jobs",
        "tile",
        "ditto_accumulator",
        r"control\[2\] & \S+ ;",
        "control[2] ;",
    ),
    Fault(
        "results overwritten while they wait",
        "tile",
        "ditto_accumulator_control",
        r"assign (\S+ +)= (\S+ +)& (\S+ +);\n  assign accept",
        r"assign \1= \3;\n  assign accept",
        stalls=True,
    ),
    Fault(
        "burst across a page",
        "axi-reader",
        "ditto_burst_splitter",
        r"\\\$1 \[\d+:0\] < 5'h10",
        "1'b0",
    ),
    Fault(
        "one burst too few in flight",
        "axi-reader",
        "ditto_burst_queue_4",
        r"~ valid\[3\]",
        "~ valid[2]",
    ),
    Fault(
        "every burst ends a command",
        "axi-reader",
        "ditto_axi_reader",
        r"m_axi_rlast & in_flight__o__payload\[40\]",
        "m_axi_rlast",
    ),
    Fault(
        "address of another burst reported",
        "axi-reader-slave",
        "ditto_axi_reader",
        r"= in_flight__o__payload\[31:0\];\n      end",
        "= splitter__o__payload[31:0];\n      end",
    ),
    Fault(
        "WLAST a word early",
        "axi-writer",
        "ditto_axi_writer",
        r"m_axi_wlast = word ==",
        "m_axi_wlast = word + 8'h1 ==",
    ),
    Fault(
        "word offered before its burst",
        "axi-writer",
        "ditto_axi_writer",
        r"m_axi_wvalid = data__valid & to_send__o__valid",
        "m_axi_wvalid = data__valid",
    ),
    Fault(
        "every burst ends a write",
        "axi-writer",
        "ditto_axi_writer",
        r"done__valid = m_axi_bvalid & \S+;",
        "done__valid = m_axi_bvalid;",
    ),
    Fault(
        "write address overwritten while it waits",
        "axi-writer-slave",
        "ditto_axi_writer",
        r"splitter__o__ready = \S+ +&",
        "splitter__o__ready =",
        stalls=True,
    ),
    Fault(
        "refused burst forgotten at the end",
        "axi-writer-slave",
        "ditto_axi_writer",
        r"= failed_before \|",
        "=",
    ),
    Fault(
        "interrupt not enabled",
        "registers",
        "ditto_register_file",
        r"irq_status_layer_value & irq_enable_layer;",
        "irq_status_layer_value;",
    ),
    Fault(
        "0 clears an interrupt",
        "registers",
        "ditto_register_file",
        r"data\[1\] & irq_status_error_mask",
        "irq_status_error_mask",
    ),
    Fault(
        "address without a register answered",
        "registers",
        "ditto_register_file",
        r"response = 2'h2",
        "response = 2'h0",
    ),
    Fault(
        "write strobes ignored",
        "registers",
        "ditto_register_file",
        r"strobes <= \S+",
        "strobes <= 4'hf",
    ),
    Fault(
        "weights loaded into a half in use",
        "core",
        "ditto_loader",
        r"= \| free_weights;",
        "= 1'b1;",
    ),
    Fault(
        "first row takes the reference of the block before",
        "core",
        "ditto_feeder",
        r"= ~ first_row;",
        "= 1'h1;",
    ),
    Fault(
        "inputs counted as references",
        "accelerator",
        "ditto_core",
        r"events\[9\] = receiver__came\[2\]",
        "events[9] = receiver__came[1]",
    ),
    Fault(
        "wrong error of a write",
        "accelerator-errors",
        "ditto_layer_queue",
        r"write_error\[2:1\] == 2'h3",
        "write_error[2:1] == 2'h2",
    ),
    Fault(
        "wrong error of a read",
        "accelerator-slave",
        "ditto_layer_queue",
        r"(read_error\[2:1\] == 2'h)3([\s\S]*read_error\[2:1\] == 2'h)3",
        r"\g<1>2\g<2>2",
    ),
)
