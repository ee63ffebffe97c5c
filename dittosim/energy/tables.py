"""Energies as tables, and as numbers for --json."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from dittosim.console import result_table
from dittosim.energy.assembly import Check
from dittosim.energy.events import EVENTS
from dittosim.energy.table import EnergyTable, row_name

AT_REST = "cycle, at rest"
_SHOWN = 12
"""Modules in the table of a check, those that take most"""


def energy_table(table: EnergyTable) -> Table:
    """Picojoules of each module in a cycle at rest, and more for each event."""
    shown = result_table(table.title, "module", "number", "pJ a cycle", text="more for each")
    for module in sorted(table.modules, key=lambda each: -each.idle_pj):
        more = ", ".join(f"{name} {each:.3g}" for name, each in module.event_pj.items())
        shown.add_row(row_name(module), str(module.instances), f"{module.idle_pj:.3f}", more)
    return shown


def event_sums(table: EnergyTable) -> Iterator[tuple[str, float, float]]:
    """Picojoules of logic and of memories, of the whole machine, at rest and for each event."""
    for name in (AT_REST, *EVENTS):
        sums = [0.0, 0.0]
        for module in table.modules:
            each = module.idle_pj if name == AT_REST else module.event_pj.get(name, 0.0)
            sums[module.macros] += each
        if any(sums):
            yield name, sums[0], sums[1]


def sum_table(table: EnergyTable) -> Table:
    """The same as a table."""
    shown = result_table("the whole machine", "event", "logic, pJ", "memories, pJ")
    for name, logic, memories in event_sums(table):
        shown.add_row(name, f"{logic:.3f}", f"{memories:.3f}")
    return shown


def check_table(checks: Sequence[Check]) -> Table:
    """How well the table holds for whole layers."""
    shown = result_table(
        "what switched, and table times counts: windows of steps, layers alone",
        "what ran",
        "cycles",
        "nJ, switched",
        "nJ, table",
        "error, %",
    )
    for one in checks:
        shown.add_row(
            one.recording,
            f"{one.cycles:,}",
            f"{sum(one.measured.values()) / 1e3:,.1f}",
            f"{sum(one.predicted.values()) / 1e3:,.1f}",
            f"{100 * one.error:+.1f}",
        )
    return shown


def module_check_table(one: Check) -> Table:
    """The same of one layer by module, those that take most."""
    shown = result_table(one.recording, "module", "nJ, switched", "nJ, table", "error, % of all")
    whole = sum(one.measured.values())
    for name in sorted(one.measured, key=lambda each: -one.measured[each])[:_SHOWN]:
        measured, predicted = one.measured[name], one.predicted.get(name, 0.0)
        shown.add_row(
            name,
            f"{measured / 1e3:,.2f}",
            f"{predicted / 1e3:,.2f}",
            f"{100 * (predicted - measured) / whole:+.2f}",
        )
    return shown


def check_figures(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Checks for --json."""
    return [{**vars(one), "error": one.error} for one in checks]
