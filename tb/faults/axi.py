"""Faults of the bus engines."""

from tb.faults.fault import Fault

FAULTS = (
    Fault(
        "burst across a page",
        "axi-reader",
        "ditto_burst_splitter",
        r"next_to_end < 5'h10",
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
        "burst lost behind a write address that waits",
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
        "first error of a write overwritten by a second",
        "axi-writer",
        "ditto_axi_writer",
        r"= ~ error;",
        "= 1'b1;",
    ),
    Fault(
        "first error of a read overwritten by a second",
        "axi-reader",
        "ditto_axi_reader",
        r"= ~ error;",
        "= 1'b1;",
    ),
)
