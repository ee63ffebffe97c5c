"""Machines chosen over the models, as tables."""

from collections.abc import Callable, Sequence

from rich.table import Table

from dittosim.console import result_table
from dittosim.designs.utilization.figures import ModelFigures
from dittosim.designs.utilization.model_products import assumptions
from dittosim.designs.utilization.search import BUFFERS, Choice
from golden.machine.config import MachineConfig

CAUSES = ("k", "columns", "rows", "ends")
"""Why multipliers have no element, as in :class:`Idle`"""
MOST_IDLE = 3
"""Products that are named"""
REST = """From shapes alone, exact where an element takes a cycle of its lane, as on dense tiles.
Layers: rows x k x columns. Those that depend on time, class or text alone are the host's.
Idle for k: rows that end within a beat; columns: output channels that fill no group of them;
rows: output lines that leave tiles without any; ends: filling and draining.
Cycles: each product alone, memory and all, at least. Waits: those that the array does not need."""
"""What all figures rest on"""


def machine_tables(found: Sequence[Choice], budget_um2: float) -> list[Table]:
    """Which machine each design is."""
    columns = (
        "multi-\npliers",
        "lanes x columns\nx tiles_m x tiles_n",
        "beat",
        "tiles\nmm2",
        "of the\narea, %",
        "multipliers\nin the paper",
    )
    sizes = result_table("machines", "design", *columns)
    buffers = result_table("buffers", "design", *BUFFERS, "mm2")
    for one in found:
        m = one.machine
        sizes.add_row(
            one.design.name,
            f"{m.multipliers:,}",
            shape_text(m),
            f"{m.beat_elements}",
            f"{one.tiles_um2 / 1e6:.2f}",
            f"{100 * one.tiles_um2 / budget_um2:.1f}",
            one.design.multipliers_in_paper,
        )
        cells = (f"{getattr(m, name):,}" for name in BUFFERS)
        buffers.add_row(one.design.name, *cells, f"{one.memories_um2 / 1e6:,.1f}")
    return [sizes, buffers]


def model_tables(
    found: Sequence[Choice], before: Sequence[Choice], bandwidth: float
) -> list[Table]:
    """Busy and waiting by model, of the machines chosen and, below, in the shape before."""
    rows = [(one.design.name, one) for one in found]
    rows += [(f"{one.design.name} as it was", one) for one in before]
    at = f"at {bandwidth:g} bytes a cycle"
    kinds: dict[str, Callable[[ModelFigures], str]] = {
        "multipliers busy, %, cut for the array": lambda one: f"{100 * one.busy:.1f}",
        f"the same, cut for least time {at}": lambda one: f"{100 * one.busy_as_cut:.1f}",
        f"waits, % {at}": lambda one: f"{100 * one.waiting:.1f}",
        f"million cycles, at least, {at}": lambda one: f"{one.least / 1e6:,.2f}",
    }
    tables = []
    for title, of in kinds.items():
        table = result_table(title, "design", *found[0].models)
        for number, (name, one) in enumerate(rows):
            if number == len(found):
                table.add_section()
            table.add_row(name, *(of(each) for each in one.models.values()))
        tables.append(table)
    return tables


def busy_table(found: Sequence[tuple[str, Choice | None]], percent: float) -> Table:
    """The largest machines of which every model keeps so much busy."""
    title = f"largest machine of which every model keeps {percent:g} % busy"
    models = next((one.models for _, one in found if one), {})
    columns = ("multi-\npliers", "lanes x columns\nx tiles_m x tiles_n", *models)
    table = result_table(title, "design", *columns)
    for name, one in found:
        if one is None:
            table.add_row(name, "none")
            continue
        cells = (f"{100 * each.busy:.1f}" for each in one.models.values())
        table.add_row(name, f"{one.machine.multipliers:,}", shape_text(one.machine), *cells)
    return table


def idle_table(one: Choice, share: float) -> Table | None:
    """Why the models that keep less busy than ``share`` do so; None if all keep as much."""
    title = f"{one.design.name}: what keeps models from {100 * share:g} %; idle, % of the array"
    table = result_table(title, "model", *CAUSES, text="most of it, % of what is idle")
    for name, each in one.models.items():
        if each.busy >= share:
            continue
        whole = each.could_be.all
        cells = (f"{100 * getattr(each.could_be, cause) / whole:.1f}" for cause in CAUSES)
        most = (f"{of.what} ({100 * part:.0f})" for of, part in each.most_idle(MOST_IDLE))
        table.add_row(name, *cells, "; ".join(most))
    return table if table.row_count else None


def notes(found: Sequence[Choice]) -> list[str]:
    """What the figures rest on, a line each."""
    return [
        *REST.splitlines(),
        *(
            f"{one.design.name}: {each}"
            for one in found
            for each in assumptions(one.design, one.machine.tile)
        ),
    ]


def shape_text(machine: MachineConfig) -> str:
    """Lanes, columns and tiles."""
    return f"{machine.lanes} x {machine.columns} x {machine.tiles_m} x {machine.tiles_n}"
