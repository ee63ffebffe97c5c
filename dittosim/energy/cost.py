"""Energy of a simulated run: a table times what the simulator counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from dittosim.energy.events import CYCLES, simulated_events
from dittosim.energy.table import EnergyTable
from dittosim.programs.cost import moved_bytes
from golden.accelerator.counters import CAUSES, KINDS, Counters
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from sim.run.array_events import ArrayEvents

DRAM_PJ_BIT = {"lpddr4": 8.0, "ddr3": 70.0, "hbm2": 6.25, "hbm3": 4.05}
"""As hwcomponents-cacti has them"""
DRAM = "DRAM"


@dataclass(frozen=True)
class EnergyModel:
    """What turns counts into energy."""

    table: EnergyTable
    config: MachineConfig
    clock_ns: float
    dram_pj_bit: float

    def by_component(
        self, counters: Counters, array: Mapping[Mode, ArrayEvents]
    ) -> dict[str, float]:
        """Picojoules of modules, memories, leakage and DRAM."""
        events = simulated_events(counters, array, self.config)
        found = self.table.energies(events, self.clock_ns)
        return {**found, DRAM: 8 * moved_bytes(counters) * self.dram_pj_bit}

    def by_cause(self, counters: Counters, array: Mapping[Mode, ArrayEvents]) -> dict[str, float]:
        """Picojoules by what is the reason for it; the same sum.

        Cycles at rest and leakage by the causes of cycles, what is more by its event, DRAM by the
        kind of its bytes.
        """
        events = simulated_events(counters, array, self.config)
        found: dict[str, float] = {}
        table = self.table
        leakage_uw = table.logic_leakage_uw + table.macros_leakage_uw
        cycle = sum(module.idle_pj for module in table.modules) + leakage_uw * self.clock_ns * 1e-3
        counted = 0
        for cause in CAUSES:
            cycles = getattr(counters, f"cycles_{cause}")
            counted += cycles
            found[f"cycles, {cause}"] = cycle * cycles
        assert counted == events[CYCLES]
        for module in table.modules:
            for event, each in module.event_pj.items():
                found[event] = found.get(event, 0.0) + each * events[event]
        for kind in KINDS:
            moved = getattr(counters, f"bytes_{kind}")
            found[f"DRAM, {kind.replace('_', ' ')}"] = 8 * moved * self.dram_pj_bit
        return found


_GROUPS = {
    **dict.fromkeys(("pe", "column", "accumulator", "weight_bank"), "columns of PEs"),
    **dict.fromkeys(("encoder", "lane_fifo", "tile"), "encoders and lanes"),
    **dict.fromkeys(("feeder", "array", "input_buffer", "result_bank"), "feeders and buffers"),
    "vector_check": "scheduler and bus",
    "vector": "vector unit",
    "output": "output stage",
}
"""Beginnings of modules' names; what has none of them is of the scheduler or the bus"""


def component_group(component: str) -> str:
    """The part of the machine that a row of a table belongs to."""
    name, _, memories = component.partition(", ")
    if component == DRAM or component.startswith("leakage"):
        return component
    if memories:
        return "on-chip memories"
    for prefix, group in _GROUPS.items():
        if name.startswith(prefix):
            return group
    return "scheduler and bus"
