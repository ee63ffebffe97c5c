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
    Fault(
        "the table is not read again behind an error",
        "defo-unit",
        "ditto_defo_unit",
        r"= ends \| \S+ ;",
        "= ends;",
    ),
    Fault(
        "the second measurement is not told",
        "defo-unit",
        "ditto_defo_unit",
        r"measured = step <= 1'h1",
        "measured = step == 2'h0",
    ),
    Fault(
        "measured layers run beside those before",
        "sampling",
        "ditto_layer_queue",
        r"= under_way__empty \| \S+ ;",
        "= 1'b1;",
    ),
    Fault(
        "every choice waits until nothing is under way",
        "sampling",
        "ditto_layer_queue",
        r"= under_way__empty \| \S+ ;",
        "= under_way__empty;",
    ),
    Fault(
        "choices and variants are never measured alone",
        "sampling",
        "ditto_core",
        r"\.measured\(queue__measured\)(,\s+\.number)",
        r".measured(1'b0)\1",
    ),
    Fault(
        "all of them are",
        "sampling",
        "ditto_core",
        r"\.measured\(queue__measured\)(,\s+\.number)",
        r".measured(1'b1)\1",
    ),
    Fault(
        "a choice is not counted as done",
        "sampling",
        "ditto_under_way",
        r"\{ 1'h1, (\S+ , \S+ , \S+  \} >> entry0)",
        r"{ 1'h0, \1",
    ),
)
