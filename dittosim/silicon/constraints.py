"""A mapped module in OpenSTA, its ports at the clock edge."""

import re

from dittosim.silicon.liberty import Library
from dittosim.silicon.mapping import CELLS, Netlist

# A clock of one unit of time: slack tells the delay, and power the energy of a cycle. What is a
# clock in a child is no output. What hangs on an input without a delay has no clock, and so neither
# paths nor activity.
_SCRIPT = """\
read_liberty {cells}
read_verilog {netlist}
link_design {name}
create_clock -name clk -period 1 {port}
set inputs [lsearch -inline -all -not [all_inputs] [get_ports -quiet clk]]
set outputs {{}}
foreach port [all_outputs] {{
  set clocks {{(^|\\.)(clk|RD_CLK|WR_CLK)(\\[\\d+\\])?$}}
  if {{![regexp $clocks [get_full_name $port]]}} {{ lappend outputs $port }}
}}
if {{[llength $inputs]}} {{
  set_input_delay 0 -clock clk $inputs
  set_driving_cell -lib_cell {buffer} $inputs
}}
if {{[llength $outputs]}} {{
  set_output_delay 0 -clock clk $outputs
  set_load {load} $outputs
}}
foreach repeat {{{repeats}}} {{ set_load 0 [get_ports $repeat] }}
"""


def constrained(netlist: Netlist, library: Library) -> str:
    """What OpenSTA is told first, in the folder of the netlist: design, clock, delays and loads."""
    timed = netlist.timed.read_text()
    return _SCRIPT.format(
        cells=CELLS,
        netlist=netlist.timed.name,
        name=netlist.name,
        port="[get_ports clk]" if re.search(r"^  input clk;", timed, re.MULTILINE) else "",
        buffer=library.buffer.name,
        load=library.load,
        repeats=" ".join(f"{{{port}}}" for port in netlist.repeats),
    )
