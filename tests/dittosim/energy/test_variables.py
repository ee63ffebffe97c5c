from dataclasses import replace

import pytest

from dittosim.energy.gates import Gates, Source
from dittosim.energy.variables import misnamed, without_variables

VERILOG = """\
module ditto_t(clk);
  reg [9:0] \\$59 ;
  wire \\$1 ;
  reg \\$signal  ;
  reg state;
endmodule

module ditto_other(clk);
  reg \\$1 ;
endmodule
"""
GATES = Gates("ditto_t", {}, {}, {}, {}, {}, {}, frozenset(), [])


@pytest.mark.parametrize(
    ("name", "wrong"), [("$59", True), ("$1", False), ("$signal", False), ("state", False)]
)
def test_registers_under_names_of_variables(name: str, wrong: bool) -> None:
    """A wire has what it is assigned in every cycle, so that its name will do."""
    gates = replace(GATES, registers={7: Source(name, 0, 1)})
    assert misnamed(gates, VERILOG) == wrong


def test_variables_lose_their_names_in_rtlil() -> None:
    il = (
        "  wire width 10 \\$59\n    connect \\Q \\$59 [3:1]\n"
        "    connect \\A \\scan$59 \\$signal \\$590\n"
    )
    assert without_variables(il) == (
        "  wire width 10 $variable$59\n    connect \\Q $variable$59 [3:1]\n"
        "    connect \\A \\scan$59 \\$signal $variable$590\n"
    )
