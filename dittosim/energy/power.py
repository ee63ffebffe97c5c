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
from dittosim.silicon.constraints import constrained
from dittosim.silicon.liberty import Library
from dittosim.silicon.mapping import Netlist
from dittosim.tools import complaint, run
from golden.errors import DittosimError
from tb.harness.tools import TIMER, tool

# Debian's OpenSTA takes no activity of a single net, but energies are linear in them: that of every
# cell without any change, and with one a cycle.
_SCRIPT = """\
foreach activity {0 1} {
  puts "activity $activity"
  set_power_activity -global -activity $activity
  report_power -instances [get_cells *] -digits 9
}
"""
_ACTIVITY = re.compile(r"^activity \d$", re.MULTILINE)
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
    script = netlist.timed.with_suffix(".power.tcl")
    script.write_text(constrained(netlist, library) + _SCRIPT)
    report = run([tool(TIMER), "-no_splash", "-exit", script.name], script.parent)
    idle, busy = (_cells(part, library) for part in (*_ACTIVITY.split(report), "", "")[1:3])
    if not idle or idle.keys() != busy.keys():
        raise DittosimError(f"OpenSTA failed on {netlist.name}: {complaint(report)}")
    return CellEnergies(sum(idle.values()), {name: busy[name] - idle[name] for name in idle})


def _cells(report: str, library: Library) -> dict[str, float]:
    """Picojoules a cycle of each instance."""
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
