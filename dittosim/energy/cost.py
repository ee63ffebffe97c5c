"""Energy of a simulated run: a table times what the simulator counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dittosim.energy.dram import WRITTEN, DramEnergy
from dittosim.energy.events import CYCLES, simulated_events, word_event
from dittosim.energy.table import EnergyTable
from dittosim.silicon.parts import part_of
from golden.accelerator.counters import CAUSES, KINDS, Counters
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from sim.dram.counts import DramCounts
from sim.run.array_events import ArrayEvents

if TYPE_CHECKING:
    from dittosim.silicon.memories import Macro

DRAM = "DRAM"
SCRATCHPAD = "scratchpad, memories"


@dataclass(frozen=True)
class EnergyModel:
    """What turns counts into energy."""

    table: EnergyTable
    config: MachineConfig
    clock_ns: float
    dram: DramEnergy

    def of_events(
        self,
        events: Mapping[str, int],
        near: Mapping[str, int] | None = None,
        dram: DramCounts | None = None,
    ) -> dict[str, float]:
        """Picojoules of modules, memories, leakage and DRAM, of events and cycles counted.

        ``near`` are the bytes of each kind that the scratchpad moves, in the words of events;
        ``dram`` is what DRAM did for whole steps, None for a part of one.
        """
        near = near or dict.fromkeys(KINDS, 0)
        found = self.table.energies(events, self.clock_ns)
        if self.config.scratchpad_bytes:
            found[SCRATCHPAD] = sum(self.near_pj(kind, size) for kind, size in near.items())
        moved = {
            kind: events[word_event(kind)] * self.config.bus_bytes - near[kind] for kind in KINDS
        }
        found[DRAM] = sum(self.dram.bytes_pj(kind, size) for kind, size in moved.items())
        time = events[CYCLES] * self.clock_ns
        found[DRAM] += sum(self.dram.commands_pj(moved, dram, time).values())
        return found

    def dram_pj(self, counters: Counters, dram: DramCounts | None) -> dict[str, float]:
        """Picojoules of DRAM by cause: the bytes of each kind, and what ``dram`` counts."""
        moved = {kind: counters.memory_bytes(kind) for kind in KINDS}
        of_bytes = {
            kind.replace("_", " "): self.dram.bytes_pj(kind, size) for kind, size in moved.items()
        }
        return of_bytes | self.dram.commands_pj(moved, dram, counters.cycles * self.clock_ns)

    def by_component(
        self, counters: Counters, array: Mapping[Mode, ArrayEvents], dram: DramCounts | None
    ) -> dict[str, float]:
        """The same of what the simulator counts."""
        events = simulated_events(counters, array, self.config)
        near = {kind: counters.scratchpad_bytes(kind) for kind in KINDS}
        return self.of_events(events, near, dram)

    def by_part(
        self, counters: Counters, array: Mapping[Mode, ArrayEvents], dram: DramCounts | None
    ) -> dict[str, float]:
        """The same by the parts of the machine."""
        found: dict[str, float] = {}
        for name, each in self.by_component(counters, array, dram).items():
            part = component_group(name)
            found[part] = found.get(part, 0.0) + each
        return found

    def by_cause(
        self, counters: Counters, array: Mapping[Mode, ArrayEvents], dram: DramCounts | None
    ) -> dict[str, float]:
        """Picojoules by what is the reason for it; the same sum.

        Cycles at rest and leakage by the causes of cycles, what is more by its event, DRAM by the
        kind of its bytes and by what it does besides.
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
        for cause, each in self.dram_pj(counters, dram).items():
            found[f"DRAM, {cause}"] = each
        if self.config.scratchpad_bytes:
            for kind in KINDS:
                found[f"scratchpad, {kind.replace('_', ' ')}"] = self.near_pj(
                    kind, counters.scratchpad_bytes(kind)
                )
        return found

    def near_pj(self, kind: str, size: int) -> float:
        """Picojoules of ``size`` bytes of the scratchpad: its macro's, no wires to it."""
        words = size // self.config.bus_bytes
        macro = self._scratchpad
        return words * (macro.write_pj if kind in WRITTEN else macro.read_pj)

    @cached_property
    def _scratchpad(self) -> "Macro":
        # Only here: machines without one do without what knows of silicon.
        from dittosim.silicon.design import Memory
        from dittosim.silicon.memories import load_memories

        depth = self.config.scratchpad_bytes // self.config.bus_bytes
        return load_memories(None).macro(Memory(self.config.bus_bits, depth, reads=1, writes=1))


def component_group(component: str) -> str:
    """The part of the machine that a row of a table belongs to."""
    name, _, memories = component.partition(", ")
    if component == DRAM or component.startswith("leakage"):
        return component
    if memories:
        return "on-chip memories"
    return part_of(name)
