from pathlib import Path

import numpy as np
import pytest

from dittosim.energy.gates import read_gates
from dittosim.energy.power import cell_energies, cycle_energy
from dittosim.energy.recording import Activity
from dittosim.silicon.design import split
from dittosim.silicon.liberty import parse_liberty
from dittosim.silicon.mapping import CELLS, Aim, map_module
from dittosim.silicon.timing import time_module
from tests.helpers.cells import library
from tests.helpers.tools import needs_opensta, needs_yosys

pytestmark = [needs_yosys, needs_opensta]

COUNTER = """
module ditto_counter(input clk, input en, output reg [3:0] q);
  always @(posedge clk) if (en) q <= q + 1;
endmodule
"""


def test_every_net_as_often_is_opensta_own_sum(tmp_path: Path) -> None:
    """With one activity for all nets OpenSTA adds up itself; ports cost nothing."""
    text = library()
    (tmp_path / CELLS).write_text(text)
    cells = parse_liberty(text, CELLS)
    split("ditto_counter", COUNTER, tmp_path)
    netlist = map_module("ditto_counter", Aim.AREA, cells, tmp_path)
    gates = read_gates(netlist.file.with_suffix(".json"), netlist.name, cells)
    energies = cell_energies(netlist, cells)
    assert set(energies.change_pj) == {pin.partition("/")[0] for pin in gates.drivers.values()} - {
        pin for net, pin in gates.drivers.items() if net in gates.ports
    }
    changes = {net: np.array([0.0, 0.25, 1.0]) for net in gates.drivers}
    found = cycle_energy(gates, energies, Activity(changes, {}))
    for number, activity in enumerate((0.0, 0.25, 1.0)):
        timing = time_module(netlist, cells, activity, tmp_path)
        assert found[number] == pytest.approx(timing.cycle_pj, rel=1e-6)
