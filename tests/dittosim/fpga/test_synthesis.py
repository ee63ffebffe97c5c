import json

import pytest

from dittosim.fpga.synthesis import Netlist, numbers, read_cells, read_memories
from golden.errors import DittosimError

LOG = """\
2.25. Executing MEMORY_LIBMAP pass (mapping memories to cells).
mapping memory ditto_top.core.store.buffer.words via $__DP16KD_
<suppressed ~3 debug messages>
mapping memory ditto_top.core.table.words via $__PDPW16KD_
mapping memory ditto_top.core.bank via $__TRELLIS_DPR16X4_
2.31. Executing MEMORY_MAP pass (converting memories to logic and flip-flops).
Mapping memory $flatten\\core.\\queue.$auto$proc_rom.cc:155:do_switch$9802 in module \\ditto_top:
  created 16 $dff cells and 0 static cells of width 1.
  read interface: 0 $dff and 15 $mux cells.
Mapping memory \\core.wide in module \\ditto_top:
  created 8 $dff cells and 0 static cells of width 4.
Mapping memory \\core.table in module \\ditto_top:
  created 0 $dff cells and 8 static cells of width 4.
"""


def test_what_memories_are_made_of() -> None:
    found = read_memories(LOG)
    assert found == {
        "core.bank": "distributed RAM",
        "core.store.buffer.words": "block RAM",
        "core.table.words": "block RAM",
        "core.wide": "flip-flops",
    }
    assert numbers(found) == {"block RAM": 2, "distributed RAM": 1, "flip-flops": 1}


def test_cells_and_what_they_need() -> None:
    cells = {"LUT4": 100, "CCU2C": 10, "TRELLIS_DPR16X4": 3, "TRELLIS_FF": 40, "DP16KD": 2}
    text = json.dumps({"design": {"num_cells_by_type": {**cells, "$scopeinfo": 7}}})
    assert read_cells(text) == dict(sorted(cells.items()))
    assert Netlist(cells, {}).needs() == {
        "TRELLIS_COMB": 100 + 20 + 12,
        "TRELLIS_FF": 40,
        "DP16KD": 2,
        "MULT18X18D": 0,
    }


@pytest.mark.parametrize("text", ["", "{}", '{"design": {}}'])
def test_cells_of_another_yosys(text: str) -> None:
    with pytest.raises(DittosimError, match="another version"):
        read_cells(text)
