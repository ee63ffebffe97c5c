"""Faults of what is around the array: scheduler, queue, counters."""

from tb.faults.fault import Fault

FAULTS = (
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
        "operands loaded before the layer before is in memory",
        "core",
        "ditto_loader",
        r"held = \S+ +& \S+ ;",
        "held = 1'b0;",
    ),
    Fault(
        "one load too few under way",
        "core",
        "ditto_receiver",
        r"tags__ready = ~ filled\[3\]",
        "tags__ready = ~ filled[2]",
        stalls=True,
    ),
    Fault(
        "layer handed to a busy sequencer",
        "core",
        "ditto_sequencer",
        r"assign free = \S+ +& \S+ ;",
        "assign free = ~ offered;",
    ),
    Fault(
        "word of results lost when the bus waits",
        "accelerator-slave",
        "ditto_store",
        r"\| words__ready;",
        "| 1'b1;",
        stalls=True,
    ),
    Fault(
        "error told for another layer",
        "accelerator-errors",
        "ditto_receiver",
        r"(\\\$\d+ +)= tag0\[34:3\]",
        r"\1= 32'h0",
    ),
    Fault(
        "inputs counted as references",
        "accelerator",
        "ditto_core",
        r"events\[10\] = receiver__came\[2\]",
        "events[10] = receiver__came[1]",
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
