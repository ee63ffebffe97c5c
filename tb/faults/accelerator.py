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
    Fault(
        "word lost while the bus waits",
        "accelerator-slave",
        "ditto_axi_writer",
        r"data__ready = m_axi_wready & ",
        "data__ready = ",
        stalls=True,
    ),
)
