"""Designs whose registers start with any bits, so that only a reset can give them a value."""

import re
from dataclasses import replace

from rtl.emission.emit import Emission

_INITIAL = re.compile(r"^  initial \S+ += [^;]+;\n", re.MULTILINE)


def without_initial_values(emission: Emission) -> Emission:
    """The design without the initial values of its registers; those of memories stay.

    Registers are then unknown (x) in Icarus; Verilator gives them random bits.
    """
    verilog, count = _INITIAL.subn("", emission.verilog)
    assert count, "the Verilog has no initial values"
    return replace(emission, verilog=verilog)
