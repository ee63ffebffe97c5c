"""Clock, worst path and power of a mapped module, by OpenSTA."""

import re
from dataclasses import dataclass
from pathlib import Path

from dittosim.silicon.constraints import constrained
from dittosim.silicon.liberty import Library
from dittosim.silicon.mapping import Netlist
from dittosim.tools import complaint, run
from golden.errors import DittosimError
from tb.harness.tools import TIMER, tool

_SCRIPT = """\
proc told {{paths}} {{
  if {{![llength $paths]}} {{ return "" }}
  set path [lindex $paths 0]
  set from [get_full_name [get_property $path startpoint]]
  set to [get_full_name [get_property $path endpoint]]
  return "[get_property $path slack]\t$from\t$to"
}}
set file [open {job}.paths w]
puts $file [told [find_timing_paths]]
set registers [all_registers -cells]
if {{[llength $registers]}} {{
  set between [find_timing_paths -from [all_registers -clock_pins] -to [all_registers -data_pins]]
}} else {{
  set between {{}}
}}
puts $file [told $between]
close $file
report_checks -path_delay max -format full -fields {{capacitance slew input_pin net}}
set_power_activity -global -activity {activity}
report_power -digits 9
"""
_TOTAL = re.compile(r"^Total +(\S+) +(\S+) +(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class TimedPath:
    """A path between two registers or ports."""

    ns: float
    start: str
    """The register or port that it begins at, by its own name."""
    end: str


@dataclass(frozen=True)
class Timing:
    """What OpenSTA says of a module without what is in it."""

    worst: TimedPath | None
    """Of all paths, ports included: inputs come at the clock edge, and outputs must be there at
    the next. None if there is no path."""
    registers: TimedPath | None
    """Between flip-flops of the module."""
    cycle_pj: float
    """Energy of a cycle without leakage."""
    leakage_uw: float
    report: str
    """OpenSTA's own, of the worst path and of power."""


def time_module(netlist: Netlist, library: Library, activity: float, folder: Path) -> Timing:
    """Times a mapped module in ``folder``, where every net changes ``activity`` times a cycle."""
    job = f"{netlist.name}.{netlist.aim.value}"
    script = constrained(netlist, library) + _SCRIPT.format(job=job, activity=activity)
    (folder / f"{job}.tcl").write_text(script)
    report = run([tool(TIMER), "-no_splash", "-exit", f"{job}.tcl"], folder)
    found = folder / f"{job}.paths"
    power = _TOTAL.search(report)
    if not found.exists() or not power:
        raise DittosimError(f"OpenSTA failed on {netlist.name}: {complaint(report)}")
    worst, registers, *_ = (*found.read_text().splitlines(), "", "")
    internal, switching, leakage = map(float, power.groups())
    return Timing(
        worst=_path(worst, netlist, library),
        registers=_path(registers, netlist, library),
        cycle_pj=(internal + switching) * library.time_ns * 1e3,  # W times ns
        leakage_uw=leakage * 1e6,
        report=report,
    )


def _path(line: str, netlist: Netlist, library: Library) -> TimedPath | None:
    if not line:
        return None
    slack, start, end = line.split("\t")
    ns = (1 - float(slack)) * library.time_ns
    return TimedPath(ns, _named(start, netlist), _named(end, netlist))


def _named(pin: str, netlist: Netlist) -> str:
    """A register by the net that it drives, a port as it is."""
    pin = pin.replace("\\", "")
    return netlist.registers.get(pin.rpartition("/")[0], pin)
