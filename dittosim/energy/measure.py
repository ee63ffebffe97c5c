"""Energies of the modules of a recorded run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dittosim.energy.gates import Gates, read_gates
from dittosim.energy.power import cell_energies, cycle_energy
from dittosim.energy.recording import activity, macros_of, slices
from dittosim.energy.runs import Recording
from dittosim.silicon.liberty import Library
from dittosim.silicon.mapping import Netlist
from dittosim.silicon.memories import MemoryTable
from tb.probe.recorder import Slice


@dataclass(frozen=True)
class ModuleWindows:
    """What all instances of a module take in each window of one recording."""

    module: str
    recording: str
    instances: int
    logic_pj: np.ndarray
    """float64 (windows,)"""
    macros_pj: np.ndarray | None
    """Of its memory macros; None if it has none"""


def module_windows(
    netlist: Netlist,
    library: Library,
    memories: MemoryTable,
    paths: Sequence[str],
    recordings: Sequence[Recording],
) -> list[ModuleWindows]:
    """Replays every recording on a mapped module, whose instances are at ``paths``, and weighs what
    switched.
    """
    gates = gates_of(netlist, library)
    macros = macros_of(_rtlil(netlist))
    energies = cell_energies(netlist, library) if netlist.cells else None
    found = []
    for one in recordings:
        seen = activity(gates, one.folder, paths, one.windows)
        logic = cycle_energy(gates, energies, seen) if energies else np.zeros(one.windows)
        scale = len(paths) * one.length
        stored = None
        if macros:
            stored = np.zeros(one.windows)
            for (name, side), used in seen.accesses.items():
                macro = memories.macro(macros[name].memory)
                stored += used * (macro.read_pj if side == "RD" else macro.write_pj)
            stored *= scale
        found.append(ModuleWindows(netlist.name, one.name, len(paths), logic * scale, stored))
    return found


def signals_of(netlist: Netlist, library: Library) -> list[Slice]:
    """What a recorder is to write of a mapped module."""
    return slices(gates_of(netlist, library), macros_of(_rtlil(netlist)))


def gates_of(netlist: Netlist, library: Library) -> Gates:
    """A mapped module to replay."""
    return read_gates(netlist.file.with_suffix(".json"), netlist.name, library)


def _rtlil(netlist: Netlist) -> str:
    return netlist.file.with_name(f"{netlist.name}.il").read_text()
