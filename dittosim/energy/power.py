"""Energies of a mapped module's cells, by OpenSTA.

Per change of what a cell puts out, at the slew and load that it has in the module; all else that
its energy depends on is taken to be 0 and 1 equally often. A flip-flop's input changes as often as
its output: both are in its energy. What its clock pin takes comes in every cycle.
"""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from dittosim.energy.gates import Gates
from dittosim.energy.recording import Activity
from dittosim.silicon.liberty import Library
from dittosim.silicon.mapping import CELLS, Netlist
from dittosim.tools import run
from golden.errors import DittosimError
from tb.harness.tools import TIMER, tool

# Ports as dittosim.silicon.timing has them: what hangs on an input without a delay has no clock,
# and so no activity. Debian's OpenSTA takes no activity of a single net, but energies are linear in
# them: that of every cell without any change, and with one a cycle.
_SCRIPT = """\
read_liberty {cells}
read_verilog {netlist}
link_design {name}
create_clock -name clk -period 1 [get_ports -quiet clk]
set inputs [lsearch -inline -all -not [all_inputs] [get_ports -quiet clk]]
if {{[llength $inputs]}} {{
  set_input_delay 0 -clock clk $inputs
  set_driving_cell -lib_cell {buffer} $inputs
}}
set outputs {{}}
foreach port [all_outputs] {{
  set clocks {{(^|\\.)(clk|RD_CLK|WR_CLK)(\\[\\d+\\])?$}}
  if {{![regexp $clocks [get_full_name $port]]}} {{ lappend outputs $port }}
}}
if {{[llength $outputs]}} {{ set_load {load} $outputs }}
foreach repeat {{{repeats}}} {{ set_load 0 [get_ports $repeat] }}
set_power_activity -global -activity {activity}
report_power -instances [get_cells *] -digits 9
"""
_CELL = re.compile(r"^ *(\S+) +(\S+) +\S+ +\S+ (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class CellEnergies:
    """Of a mapped module, without leakage."""

    cycle_pj: float
    """Of all cells in a cycle without changes: their clock pins"""
    change_pj: dict[str, float]
    """More for a change of what a cell puts out, by instance"""


def cell_energies(netlist: Netlist, library: Library) -> CellEnergies:
    """Those of a mapped module; DittosimError if OpenSTA fails."""
    # Each in a process of its own: OpenSTA keeps some activities from one report to the next.
    idle, busy = (_cells_at(activity, netlist, library) for activity in (0, 1))
    if not idle or idle.keys() != busy.keys():
        raise DittosimError(f"OpenSTA failed on {netlist.name}: it tells of other cells")
    return CellEnergies(sum(idle.values()), {name: busy[name] - idle[name] for name in idle})


def _cells_at(activity: int, netlist: Netlist, library: Library) -> dict[str, float]:
    """Picojoules a cycle of each instance, where every net changes ``activity`` times."""
    script = netlist.timed.with_suffix(".power.tcl")
    script.write_text(
        _SCRIPT.format(
            cells=CELLS,
            netlist=netlist.timed.name,
            name=netlist.name,
            buffer=library.buffer.name,
            load=library.load,
            repeats=" ".join(f"{{{port}}}" for port in netlist.repeats),
            activity=activity,
        )
    )
    report = run([tool(TIMER), "-no_splash", "-exit", script.name], script.parent)
    return {
        name.replace("\\", ""): (float(internal) + float(switching)) * library.time_ns * 1e3
        for internal, switching, name in _CELL.findall(report)
        if name not in ("Power", "Total")
    }


def cycle_energy(gates: Gates, energies: CellEnergies, found: Activity) -> np.ndarray:
    """Picojoules a cycle of an instance of a module in each window, float64 (windows,)."""
    (windows,) = next(iter(found.changes.values())).shape
    pins = {net: pin for net, pin in gates.drivers.items() if net not in gates.ports}
    outputs = Counter(pin.partition("/")[0] for pin in pins.values())
    total = np.full(windows, energies.cycle_pj)
    for net, pin in pins.items():
        instance = pin.partition("/")[0]
        total += found.changes[net] * energies.change_pj[instance] / outputs[instance]
    return total
