"""Faults of the tile and its parts."""

from golden.machine.tile_kind import TileKind
from tb.faults.fault import Fault

_DENSE = {"tile": TileKind.DENSE}

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
    Fault("lane left out of the sum", "pe", "ditto_pe", r"shifted1 <= \S+ ;", "shifted1 <= 0;"),
    Fault("row starts from the old sum", "pe", "ditto_pe", r"fresh0 \?", "1'b0 ?"),
    Fault(
        "operands taken while it stands still",
        "pe",
        "ditto_pe",
        r"i__ready = o__ready",
        "i__ready = 1'b1",
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
    *(
        Fault(name, "dense-lanes", "ditto_dense_lanes", pattern, replacement, changes=_DENSE)
        for name, pattern, replacement in (
            ("beat overwritten while it is handed out", r"i__ready = [^;]+;", "i__ready = 1'b1;"),
            (
                "9-bit difference of a dense tile cut to 8",
                r"\$signed\(i__payload\[31:24\]\) - \$signed\(i__payload\[95:88\]\)",
                "$signed(i__payload[31:24] - i__payload[95:88])",
            ),
            ("one element too many in a dense tile's beat", r"> 3'h5", ">= 3'h5"),
            (
                "the same elements in every cycle",
                r"\{ 18'h00000, differences\[71:18\] \}",
                "differences",
            ),
            ("row ends with its last beat's first elements", r"= last & ends", "= last"),
        )
    ),
    *(
        Fault(
            name,
            "dense-lanes",
            "ditto_dense_lanes",
            pattern,
            replacement,
            stalls=True,
            changes=_DENSE,
        )
        for name, pattern, replacement in (
            ("elements handed on unasked", r"= o__valid & o__ready", "= o__valid"),
            ("last elements handed on unasked", r"= o__ready & ends", "= ends"),
        )
    ),
    Fault(
        "row of a dense tile not closed",
        "tile",
        "ditto_tile",
        r"close = (\S+ +)& lanes__o__payload\[24\]",
        r"close = \1& lanes__o__payload[24] & lanes__o__payload[0]",
        changes=_DENSE,
    ),
    Fault(
        "product of a dense tile without its sign",
        "multiplier",
        "ditto_pe",
        r"\$signed\(i__payload\[8:0\]\) \*",
        "$signed({1'b0, i__payload[8:0]}) *",
        changes=_DENSE,
    ),
)
