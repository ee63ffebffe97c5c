"""Designs side by side, as tables."""

from collections.abc import Callable, Sequence

from rich.table import Table

from dittosim.console import result_table
from dittosim.designs.comparison import Figures
from dittosim.designs.memory import Memory
from golden.accelerator.counters import KINDS

REST = (
    "Cycles: exact, those of the Verilog, but for designs with a cycle model. Area and clock: "
    "fitted to mapped machines at 45 nm. Energy: scaled from machines that were measured; no "
    "wires, no clock tree, no glitches."
)
"""What all figures rest on"""
NEARLY = 0.9
"""Of the largest area: what takes less is not at equal area"""


def memories(found: Sequence[Figures]) -> list[Memory]:
    """All on which the designs ran, widest first."""
    each_once = {one.memory.name: one.memory for one in found}
    return sorted(each_once.values(), key=lambda one: -one.bandwidth)


def on(found: Sequence[Figures], memory: Memory) -> list[Figures]:
    """The designs on one of them."""
    return [one for one in found if one.memory == memory]


def size_table(found: Sequence[Figures], budget_um2: float) -> Table:
    """What machine each design is, and how much of the area its tiles take."""
    columns = (
        "multi-\npliers",
        "lanes x cols\nx tiles",
        "tiles\nmm2",
        "of the\narea, %",
        "machine\nmm2",
    )
    more = ("clock\nns", "could be\nbusy, %", "multipliers\nin the paper")
    table = result_table("machines", "design", *columns, *more)
    for one in on(found, memories(found)[0]):
        m = one.machine
        table.add_row(
            one.design.name,
            f"{m.multipliers:,}",
            f"{m.lanes} x {m.columns} x {m.tiles_m * m.tiles_n}",
            f"{one.tiles_um2 / 1e6:.4f}",
            f"{100 * one.tiles_um2 / budget_um2:.1f}",
            f"{(one.logic_um2 + one.memories_um2) / 1e6:.3f}",
            f"{one.clock_ns:.2f}",
            f"{100 * one.could_be_busy:.1f}",
            one.design.multipliers_in_paper,
        )
    return table


def run_table(found: Sequence[Figures], memory: Memory) -> Table:
    """What a run takes on one memory; gains are over the first design."""
    columns = (
        "Mcycles",
        "gain",
        "slots\nbusy, %",
        "MB",
        "over\nfirst",
        "uJ",
        "over\nfirst",
    )
    table = result_table(memory.title, "design", *columns)
    first, *_ = chosen = on(found, memory)
    for one in chosen:
        table.add_row(
            one.design.name,
            f"{one.counters.cycles / 1e6:,.3f}",
            f"{first.counters.cycles / one.counters.cycles:.2f}",
            f"{100 * one.slots_busy:.1f}",
            f"{one.moved_bytes / 1e6:,.1f}",
            f"{one.moved_bytes / first.moved_bytes:.2f}",
            f"{one.energy_uj:,.0f}",
            f"{one.energy_uj / first.energy_uj:.2f}",
        )
    return table


def share_tables(found: Sequence[Figures], memory: Memory) -> list[Table]:
    """Bytes by kind and energy by part on one memory."""
    chosen = on(found, memory)
    names = [one.design.name.replace("-", "-\n") for one in chosen]
    kinds = result_table("MB by kind", "kind", *names)
    for kind in KINDS:
        cells = (f"{one.counters.memory_bytes(kind) / 1e6:,.2f}" for one in chosen)
        kinds.add_row(kind.replace("_", " "), *cells)
    parts = result_table("uJ by part", "part", *names)
    for part in dict.fromkeys(part for one in chosen for part in one.energy_pj):
        parts.add_row(part, *(f"{one.energy_pj.get(part, 0) / 1e6:,.1f}" for one in chosen))
    return [kinds, parts]


def memory_tables(found: Sequence[Figures]) -> list[Table]:
    """Gains and energies over the first design, by memory."""

    def gain(one: Figures, first: Figures) -> float:
        return first.counters.cycles / one.counters.cycles

    def energy(one: Figures, first: Figures) -> float:
        return one.energy_uj / first.energy_uj

    first = found[0].design.name
    titles: dict[str, Callable[[Figures, Figures], float]] = {
        f"gain over {first}, by {measure(found)}": gain,
        f"energy, times that of {first}": energy,
    }
    by_memory = [on(found, memory) for memory in memories(found)]
    tables = []
    for title, ratio in titles.items():
        table = result_table(title, "design", *(each[0].memory.name for each in by_memory))
        for number, one in enumerate(by_memory[0]):
            ratios = (ratio(each[number], each[0]) for each in by_memory)
            table.add_row(one.design.name, *(f"{each:.2f}" for each in ratios))
        tables.append(table)
    return tables


def measure(found: Sequence[Figures]) -> str:
    """What tells the memories apart."""
    return "DRAM" if found[0].memory.dram else "bytes a cycle"


def notes(found: Sequence[Figures]) -> list[str]:
    """What the figures rest on, a line each."""
    chosen = on(found, memories(found)[0])
    lines = [*_unequal(chosen), REST]
    for one in chosen:
        lines += [f"{one.design.name}: {each}" for each in one.design.assumptions]
        if elements := one.outliers.get("elements"):
            wide, clipped = (
                100 * one.outliers[name] / elements for name in ("outliers", "clipped")
            )
            lines.append(
                f"{one.design.name}: {wide:.2f} % of the differences are outliers, {clipped:.2f} % "
                "find no wide multiplier and would be clipped"
            )
    return lines


def _unequal(chosen: Sequence[Figures]) -> list[str]:
    """A line where some design's tiles are much smaller than another's."""
    largest = max(chosen, key=lambda one: one.tiles_um2)
    shares = {one.design.name: one.tiles_um2 / largest.tiles_um2 for one in chosen}
    smaller = [f"{name} {share:.0%}" for name, share in shares.items() if share < NEARLY]
    if not smaller:
        return []
    line = (
        "Not at equal area, since machines come in whole lanes, columns and tiles: of what "
        f"{largest.design.name} takes, {', '.join(smaller)}. Another --budget may suit them better."
    )
    return [line]
