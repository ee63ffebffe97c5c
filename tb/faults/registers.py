"""Faults of the register file."""

from tb.faults.fault import Fault

FAULTS = (
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
)
