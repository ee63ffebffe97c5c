"""Names of registers that a netlist has lost to variables of the Verilog's processes.

A variable such as ``$59`` is another name of a net where it has what the net has, in a netlist at
all times, in the Verilog in some cycles only: recorded under that name a register would be another.
"""

import re

from dittosim.energy.gates import Gates

_NAME = re.compile(r"\$\d+")


def misnamed(gates: Gates, verilog: str) -> bool:
    """Whether a register of a module has but the name of a variable in its Verilog."""
    module = re.search(rf"^module {gates.name}\W.*?^endmodule", verilog, re.MULTILINE | re.DOTALL)
    assert module
    names = {source.name for source in gates.registers.values()}
    return any(
        re.search(rf"^  reg (?:\[\d+:0\] )?\\{re.escape(name)} ;", module[0], re.MULTILINE)
        for name in names
        if _NAME.fullmatch(name)
    )


def without_variables(il: str) -> str:
    """RTLIL in which variables have no names of their own, so that nets keep others."""
    return re.sub(r"\\(\$\d+)(?=[\s\[])", r"$variable\1", il)
