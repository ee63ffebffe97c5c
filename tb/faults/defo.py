"""Faults of the Defo Unit and of what asks it."""

from tb.faults.fault import Fault

SOON = {"defo_counter_bits": 6, "defo_unit": 4, "defo_entries": 16}
"""A machine whose counters are soon full"""

FAULTS = (
    Fault(
        "the dearer mode is chosen",
        "defo-unit",
        "ditto_defo_unit",
        r"= elapsed < entry\[31:0\]",
        "= elapsed > entry[31:0]",
    ),
    Fault(
        "equal counts are won",
        "defo-unit",
        "ditto_defo_unit",
        r"= elapsed < entry\[31:0\]",
        "= elapsed <= entry[31:0]",
    ),
    Fault(
        "counters wrap around",
        "defo-unit",
        "ditto_defo_unit",
        r"= & elapsed;",
        "= 1'b0;",
        changes=SOON,
    ),
    Fault(
        "entries beyond the table are taken",
        "defo-unit",
        "ditto_defo_unit",
        r"= descriptor\[31:16\] < 10'h200;",
        "= 1'b1;",
    ),
    Fault(
        "the entry is that of the descriptor that runs",
        "defo-unit",
        "ditto_defo_unit",
        r"table__read = ~ \S+ ;",
        "table__read = 1'b1;",
    ),
)
