import pytest

from golden.machine.config import load_config
from tb.mutation.equivalence import is_equivalent
from tb.mutation.mutants import mutants_of
from tb.mutation.verilog import ModuleText
from tb.mutation.vouching import vouched, voucher
from tests.helpers.emissions import emission
from tests.helpers.tools import needs_yosys

OUTPUTS = {"o__payload", "o__valid", "i__ready", "m_axi_awaddr", "m_axi_awvalid", "m_axi_bready"}
OUTPUTS |= {"error", "error_response", "error_address"}
STREAM = """module ditto_small(clk, o__payload, o__valid);
  input clk;
  wire clk;
  output [3:0] o__payload;
  wire [3:0] o__payload;
  output o__valid;
  wire o__valid;
endmodule
"""


@pytest.mark.parametrize(
    ("output", "valid"),
    [
        ("o__payload", "o__valid"),
        ("m_axi_awaddr", "m_axi_awvalid"),
        ("m_axi_awvalid", ""),
        ("m_axi_bready", ""),
        ("i__ready", ""),
        ("other__payload", ""),
        ("error_response", "error"),
        ("error_address", "error"),
        ("error", ""),
    ],
)
def test_streams_and_channels_have_a_valid_bit(output: str, valid: str) -> None:
    assert voucher(output, OUTPUTS) == valid


def test_a_payload_becomes_an_output_that_is_0_beside_its_valid_bit() -> None:
    text = vouched(ModuleText("ditto_small", STREAM))
    assert text.startswith("module ditto_small(clk, o__payload_seen, o__valid);\n")
    assert "  output [3:0] o__payload_seen;\n" in text
    assert "  assign o__payload_seen = o__valid ? o__payload : 0;\n" in text
    assert "output [3:0] o__payload;" not in text
    assert "  wire [3:0] o__payload;\n" in text


@needs_yosys
def test_the_address_of_no_burst_is_of_no_interest_and_that_of_one_is() -> None:
    design = emission("axi-writer", load_config("tiny"))
    mutants = mutants_of(design)["ditto_axi_writer"]
    address = [one for one in mutants if "next_m_axi_awaddr =" in one.statement]
    equivalent = {one.operator for one in address if is_equivalent(design, one)}
    assert "constant" in equivalent  # of the reset
    (loaded,) = [
        one
        for one in address
        if one.operator == "drop-update" and not one.statement.startswith("if (rst)")
    ]
    assert not is_equivalent(design, loaded)
