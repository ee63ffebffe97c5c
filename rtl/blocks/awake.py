"""Verilog whose combinational blocks are computed at the start, in every simulator."""

import re

_YOSYS_REGISTER = re.compile(r"  reg \\\$auto\$verilog_backend\S+ +(= 0)?;\n")
_YOSYS_STATEMENT = re.compile(r"    if \(\\\$auto\$verilog_backend\S+ +\) begin end\n")
_BLOCK = re.compile(r"  always @\* begin\n")
_SINGLE = re.compile(r"  always @\*\n(    .*;\n)")
_HEADER = re.compile(r"^module [^;]*;\n", re.MULTILINE)
_READ = "    if (awake) begin end\n"
_REGISTER = """  // Set when all blocks wait for changes, so that each is computed once.
  reg awake;
  /* verilator lint_off INITIALDLY */
  initial awake <= 0;
  /* verilator lint_on INITIALDLY */
"""


def awake(module: str) -> str:
    """A module as Yosys writes it, but with all its ``always @*`` blocks run at time 0.

    Yosys has some of them read a register for that. It sets it in its declaration, which Icarus
    does before it runs any block; and blocks of one statement read nothing.
    """
    if "always @*" not in module:
        return module
    module = _YOSYS_STATEMENT.sub("", _YOSYS_REGISTER.sub("", module))
    module = _SINGLE.sub(r"  always @* begin\n\1  end\n", module)
    module = _BLOCK.sub(lambda block: block[0] + _READ, module)
    return _HEADER.sub(lambda header: header[0] + _REGISTER, module, count=1)
