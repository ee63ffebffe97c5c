"""Registers that no reset reaches, in every bench's design."""

from tb.faults.fault import Fault
from tb.runner import BENCHES

FAULTS = tuple(
    Fault(f"no resets in {name}", name, "", r"if \(rst\)", "if (1'b0)", bench.stalls)
    for name, bench in BENCHES.items()
)
