"""Power of a module whose nets change as recorded, by OpenSTA."""

import re

import numpy as np

from dittosim.energy.gates import Gates
from dittosim.energy.recording import Activity
from dittosim.silicon.liberty import Library
from dittosim.silicon.mapping import CELLS, Netlist
from dittosim.silicon.tools import complaint, run
from golden.errors import DittosimError
from tb.harness.tools import TIMER, tool

# As dittosim.silicon.timing has it, but with an activity for each net, window by window.
_SCRIPT = """\
read_liberty {cells}
read_verilog {netlist}
link_design {name}
create_clock -name clk -period 1 [get_ports -quiet clk]
set outputs {{}}
foreach port [all_outputs] {{
  set clocks {{(^|\\.)(clk|RD_CLK|WR_CLK)(\\[\\d+\\])?$}}
  if {{![regexp $clocks [get_full_name $port]]}} {{ lappend outputs $port }}
}}
if {{[llength $outputs]}} {{ set_load {load} $outputs }}
foreach repeat {{{repeats}}} {{ set_load 0 [get_ports $repeat] }}
proc pin {{name activity duty}} {{
  set_power_activity -pins [get_pins $name] -activity $activity -duty $duty
}}
proc port {{name activity duty}} {{
  set_power_activity -input_ports [get_ports $name] -activity $activity -duty $duty
}}
"""
_TOTAL = re.compile(r"^Total +(\S+) +(\S+) +(\S+)", re.MULTILINE)


def cycle_energy(netlist: Netlist, gates: Gates, found: Activity, library: Library) -> np.ndarray:
    """Picojoules a cycle of an instance in each window, without leakage, float64 (windows,).

    ``gates`` are those of the mapped module ``netlist``. DittosimError if OpenSTA fails.
    """
    (windows,) = next(iter(found.changes.values())).shape
    lines = [
        _SCRIPT.format(
            cells=CELLS,
            netlist=netlist.timed.name,
            name=netlist.name,
            load=library.load,
            repeats=" ".join(f"{{{port}}}" for port in netlist.repeats),
        )
    ]
    for window in range(windows):
        for net, pin in gates.drivers.items():
            if net in found.changes:
                kind = "port" if net in gates.ports else "pin"
                change, duty = found.changes[net][window], found.duty[net][window]
                lines.append(f"{kind} {{{pin}}} {change:.6g} {duty:.6g}\n")
        lines.append("report_power -digits 9\n")
    script = netlist.timed.with_suffix(".power.tcl")
    script.write_text("".join(lines))
    report = run([tool(TIMER), "-no_splash", "-exit", script.name], script.parent)
    totals = _TOTAL.findall(report)
    if len(totals) != windows:
        raise DittosimError(f"OpenSTA failed on {netlist.name}: {complaint(report)}")
    watts = np.array([[float(internal), float(switching)] for internal, switching, _ in totals])
    return watts.sum(axis=1) * library.time_ns * 1e3
