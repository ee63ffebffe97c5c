"""Faults of the board."""

from tb.faults.fault import Fault

FAULTS = (
    Fault(
        "host reads what the machine reads",
        "board",
        "ditto_block_memory",
        r"ram__read_address = \S+ +\? \S+ +: word;",
        "ram__read_address = word;",
    ),
    Fault(
        "a word that is not there is no error",
        "board",
        "ditto_block_memory",
        r"m_axi_rresp = ones \? 2'h3 : 2'h0;",
        "m_axi_rresp = 2'h0;",
    ),
    Fault(
        "a break goes unnoticed",
        "board",
        "ditto_uart_receiver",
        r"broken = \\\$\d+ ;",
        "broken = 1'h0;",
    ),
    Fault(
        "no stop bit",
        "board",
        "ditto_uart_transmitter",
        r"= 4'ha;",
        "= 4'h9;",
    ),
    Fault(
        "memory has no end",
        "board",
        "ditto_bridge",
        r"\[30:0\] >= 18'h20000;",
        "[30:0] >= 31'h7fffffff;",
    ),
)
