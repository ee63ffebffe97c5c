import re

from golden.machine.config import load_config
from tb.probe.recorder import Slice, with_recorder
from tests.helpers.emissions import emission


def test_bits_of_vectors_whatever_the_netlist_has_left_of_them() -> None:
    """Of ``{1'h0, valid[1]}`` a netlist has one bit, under that name; the recorder writes no more,
    or all that follow would be other signals.
    """
    design = emission("accelerator", load_config("tiny"))
    module = re.search(r"^module ditto_lane_fifo\(.*?^endmodule", design.verilog, re.M | re.S)
    assert module
    (of_two,) = re.findall(r"^  assign \\(\$\d+)  = \{ 1'h0, valid\[1\] \};", module[0], re.M)
    signals = [
        Slice("pop", 0, 0, 1),
        Slice(of_two, 0, 0, 1),
        Slice("entry0", 3, 5, 41),
        Slice("i__payload", 2, 2, 1),
    ]
    recorded = with_recorder(design, {"ditto_lane_fifo": signals}, {}).verilog
    (parts,) = re.findall(r'\$fwrite\(ditto_record, "%h\\n", \{(.*)\}\);', recorded)
    assert parts == rf"\i__payload [2:2], \entry0 [5:3], \{of_two} [0:0], \pop "
