"""Which energies a machine takes: a table's, its scratchpad's, those of its memory outside."""

from pathlib import Path

from dittosim.energy.clock import cycle_ns
from dittosim.energy.cost import EnergyModel
from dittosim.energy.dram import Dram
from dittosim.energy.dram_figures import dram_energy
from dittosim.energy.table import load_energies
from golden.errors import DittosimError
from golden.machine.config import MachineConfig


def energy_model(
    table: str | Path,
    machine: MachineConfig,
    clock_ns: float | None = None,
    dram: Dram | None = None,
) -> EnergyModel:
    """The model of a machine by a table, at that clock, or its own.

    DittosimError if the table is of another machine, but for a scratchpad, or is missing; or the
    clock is not that of the DRAM on which the machine's cycles are counted.
    """
    energies = load_energies(str(table))
    energies.check(machine.without_scratchpad)
    if machine.scratchpad_bytes:
        # Only here: others do without what knows of silicon.
        from dittosim.energy.scaling import scaled
        from dittosim.silicon.fitted import load_fitted
        from dittosim.silicon.memories import load_memories

        energies = scaled(energies, machine, load_fitted(), load_memories(None))
    own = cycle_ns(machine, energies.clock_ns)
    if machine.dram and clock_ns not in (None, own):
        raise DittosimError(
            f"--clock {clock_ns:g}: cycles on DRAM are those of clock_ps = "
            f"{machine.dram.clock_ps}; change it in the configuration's dram, or leave --clock out"
        )
    return EnergyModel(energies, machine, clock_ns or own, dram_energy(machine, dram))
