"""Energies of a machine that was not measured, from those of one that was."""

from collections.abc import Callable

from dittosim.energy.events import ARRAY_EVENTS, VECTOR
from dittosim.energy.table import EnergyTable, ModuleEnergy
from dittosim.silicon.fitted import FittedSilicon
from dittosim.silicon.macros import machine_macros
from dittosim.silicon.memories import MemoryTable
from dittosim.silicon.parts import Part, part_of
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind


def scaled(
    table: EnergyTable, config: MachineConfig, silicon: FittedSilicon, memories: MemoryTable
) -> EnergyTable:
    """The table of a machine ``config``, assumed from the measured one.

    What a module takes in a cycle grows with the area of its part, and its memories' with their
    number times the energy of a read; so does what cycles of the vector unit take, and what
    beats and rows take in each tile. In columns a slot is work of one lane, a beat of its
    elements, a row of the columns. Bus words take more by their bits, in memories also by the
    energy of a bit. DittosimError if one of the two has dense tiles, and the other has none.
    """
    if config == table.machine:
        return table
    if (TileKind.DENSE in (config.tile, table.machine.tile)) and config.tile != table.machine.tile:
        raise DittosimError(
            f"energies of '{table.title}' are of {table.machine.tile} tiles: those of "
            f"{config.tile} tiles cannot be scaled from them; measure such a machine by "
            "dittosim energy"
        )
    scale = _Scale(table.machine, config, silicon, memories)
    return table.model_copy(
        update={
            "title": f"{table.title}, scaled to machine {config.digest()}",
            "configuration": config.digest(),
            "machine": config,
            "clock_ns": silicon.clock_ns(config),
            "logic_leakage_uw": table.logic_leakage_uw * scale.logic(),
            "macros_leakage_uw": table.macros_leakage_uw * scale.leakage(),
            "modules": tuple(scale.module(each) for each in table.modules),
        }
    )


class _Scale:
    """How many times as much one machine takes as another."""

    def __init__(
        self,
        base: MachineConfig,
        config: MachineConfig,
        silicon: FittedSilicon,
        memories: MemoryTable,
    ) -> None:
        self._base, self._config, self._silicon, self._memories = base, config, silicon, memories

        def ratio(field: Callable[[MachineConfig], int]) -> float:
            return field(config) / field(base)

        self._tiles = ratio(lambda one: one.tiles_m * one.tiles_n)
        self._lanes = ratio(lambda one: one.lanes)
        self._elements = ratio(lambda one: one.beat_elements)
        self._columns = ratio(lambda one: one.columns)
        self._word = ratio(lambda one: one.bus_bits)

    def logic(self) -> float:
        return self._silicon.logic_um2(self._config) / self._silicon.logic_um2(self._base)

    def leakage(self) -> float:
        new, old = (
            sum(
                count * self._memories.macro(memory).leakage_uw
                for (_, memory), count in machine_macros(machine).items()
            )
            for machine in (self._config, self._base)
        )
        return new / old

    def module(self, module: ModuleEnergy) -> ModuleEnergy:
        if module.macros:
            new, old = (self._reads(module.name, one) for one in (self._config, self._base))
            cycle, word = new[0] / old[0], self._word * new[1] / old[1]
        else:
            part = part_of(module.name)
            new_um2 = self._silicon.area_um2(part, self._config)
            cycle, word = new_um2 / self._silicon.area_um2(part, self._base), self._word
        return module.model_copy(
            update={
                "idle_pj": module.idle_pj * cycle,
                "event_pj": {
                    event: each * self._event(module, event, cycle, word)
                    for event, each in module.event_pj.items()
                },
            }
        )

    def _event(self, module: ModuleEnergy, event: str, cycle: float, word: float) -> float:
        what = event.split()[0]
        if event == VECTOR:
            return cycle
        if what not in ARRAY_EVENTS:
            return word
        tile = cycle / self._tiles
        if part_of(module.name) is not Part.COLUMNS:
            return tile
        match what:
            case "slots":
                return tile / self._lanes
            case "beats":
                return tile / self._lanes * self._elements
            case _:
                return tile if module.macros else self._columns

    def _reads(self, module: str, config: MachineConfig) -> tuple[float, float]:
        """Picojoules of a read of each macro of a module, and of a bit on the mean.

        0 if its memories are flip-flops.
        """
        all_pj = all_bits = 0.0
        for (name, memory), count in machine_macros(config).items():
            if name == module:
                all_pj += count * self._memories.macro(memory).read_pj
                all_bits += count * memory.width
        return all_pj, all_pj / all_bits if all_bits else 0.0
