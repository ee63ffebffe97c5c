"""A module with all that is in it, mapped module by module."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dittosim.silicon.design import Design, Memory
from dittosim.silicon.liberty import Library
from dittosim.silicon.mapping import Aim, Netlist, map_module
from dittosim.silicon.memories import Macro, MemoryTable
from dittosim.silicon.timing import TimedPath, Timing, time_module


@dataclass(frozen=True)
class ModuleFigures:
    """A module without what is in it, mapped for one aim."""

    netlist: Netlist
    timing: Timing | None
    """None if it has no cells."""


@dataclass(frozen=True)
class Silicon:
    """A design, mapped for one aim."""

    design: Design
    aim: Aim
    modules: Mapping[str, ModuleFigures]
    """By name."""
    memories: Mapping[Memory, tuple[int, Macro]]
    """Number and figures of the macros of each size."""

    def area_um2(self, name: str) -> float:
        """Logic of a module with all that is in it."""
        return sum(
            count * self.modules[inner].netlist.area_um2
            for inner, count in self.design.within(name).items()
        )

    def memory_area_um2(self) -> float:
        """Of all macros."""
        return sum(count * macro.area_um2 for count, macro in self.memories.values())

    def slowest(self) -> tuple[str, TimedPath] | None:
        """The module whose worst path sets the clock, and that path."""
        paths = {
            name: figures.timing.worst
            for name, figures in self.modules.items()
            if figures.timing and figures.timing.worst
        }
        if not paths:
            return None
        name = max(paths, key=lambda each: paths[each].ns)
        return name, paths[name]

    def cycle_pj(self) -> float:
        """Energy of a cycle of all logic, without leakage."""
        return self._sum("cycle_pj")

    def leakage_uw(self) -> float:
        """Of all logic."""
        return self._sum("leakage_uw")

    def memory_cycle_pj(self, accesses: float) -> float:
        """Energy of all macros in a cycle in which each port has ``accesses`` accesses."""
        return accesses * sum(
            count * (memory.reads * macro.read_pj + memory.writes * macro.write_pj)
            for memory, (count, macro) in self.memories.items()
        )

    def memory_leakage_uw(self) -> float:
        """Of all macros."""
        return sum(count * macro.leakage_uw for count, macro in self.memories.values())

    def cells(self) -> int:
        """Of all logic."""
        return self._count(lambda netlist: sum(netlist.cells.values()))

    def flip_flops(self) -> int:
        """Of all logic."""
        return self._count(lambda netlist: netlist.flip_flops)

    def _sum(self, name: str) -> float:
        return sum(
            count * getattr(self.modules[inner].timing, name)
            for inner, count in self.design.instances.items()
            if self.modules[inner].timing
        )

    def _count(self, of: Callable[[Netlist], int]) -> int:
        return sum(
            count * of(self.modules[inner].netlist)
            for inner, count in self.design.instances.items()
        )


def tasks(
    design: Design, aims: Iterable[Aim], library: Library, activity: float
) -> list[tuple[str, Aim, Library, float, Path]]:
    """Arguments of :func:`measure` for each module and aim, those that take longest first."""
    sizes = {name: (design.folder / f"{name}.il").stat().st_size for name in design.modules}
    names = sorted(design.modules, key=lambda name: -sizes[name])
    return [(name, aim, library, activity, design.folder) for name in names for aim in aims]


def measure(
    name: str, aim: Aim, library: Library, activity: float, folder: Path
) -> tuple[str, Aim, ModuleFigures]:
    """Maps and times one module of a design in ``folder``."""
    netlist = map_module(name, aim, library, folder)
    timing = time_module(netlist, library, activity, folder) if netlist.cells else None
    return name, aim, ModuleFigures(netlist, timing)


def assemble(
    design: Design,
    aims: Iterable[Aim],
    measured: Iterable[tuple[str, Aim, ModuleFigures]],
    table: MemoryTable,
) -> list[Silicon]:
    """What each aim gives, of all modules as they come from :func:`measure`."""
    found: dict[Aim, dict[str, ModuleFigures]] = {aim: {} for aim in aims}
    for name, aim, figures in measured:
        found[aim][name] = figures
    counts = design.memories()
    memories = {
        memory: (counts[memory], table.macro(memory))
        for memory in sorted(counts, key=lambda each: (-each.bits, -each.width))
    }
    return [
        Silicon(design, aim, {name: by_name[name] for name in design.modules}, memories)
        for aim, by_name in found.items()
    ]
