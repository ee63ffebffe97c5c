"""Every term of a run's energy: of which part, for what, and where its figure comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dittosim.energy.cost import DRAM, SCRATCHPAD, EnergyModel, component_group
from dittosim.energy.events import CYCLES, simulated_events
from dittosim.energy.table import row_name
from golden.accelerator.counters import KINDS, Counters
from golden.difference.matmul import Mode
from sim.dram.counts import DramCounts
from sim.run.array_events import ArrayEvents

NEAR_SOURCE = "macro of the scratchpad, 45 nm: CACTI 7 (sram45); no wires to it"
AT_REST, LEAKAGE = "cycles, at rest", "cycles, leakage"


class Provenance(StrEnum):
    """Where a figure comes from; counts are exact."""

    MEASURED = "measured"
    SOURCED = "sourced"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Term:
    """A summand of the energy of a run."""

    part: str
    """Of the machine, or memory outside"""
    cause: str
    """Cycles, an event or bytes"""
    provenance: Provenance
    source: str
    """Who says so, on which node; what is assumed"""


def terms(
    model: EnergyModel,
    counters: Counters,
    array: Mapping[Mode, ArrayEvents],
    dram: DramCounts | None,
) -> dict[Term, float]:
    """Picojoules of each term.

    The sum is that of :meth:`dittosim.energy.cost.EnergyModel.by_component`.
    """
    events = simulated_events(counters, array, model.config)
    found: dict[Term, float] = {}
    for term, each in _of_machine(model, events):
        found[term] = found.get(term, 0.0) + each
    of_bytes = {kind.replace("_", " "): f"bytes, {kind.replace('_', ' ')}" for kind in KINDS}
    for cause, each in model.dram_pj(counters, dram).items():
        cause = of_bytes.get(cause, cause)
        found[Term(DRAM, cause, Provenance.SOURCED, model.dram.source)] = each
    for kind in KINDS:
        if near := counters.scratchpad_bytes(kind):
            cause = of_bytes[kind.replace("_", " ")]
            term = Term(component_group(SCRATCHPAD), cause, Provenance.SOURCED, NEAR_SOURCE)
            found[term] = found.get(term, 0.0) + model.near_pj(kind, near)
    return {term: each for term, each in found.items() if each}


def _of_machine(model: EnergyModel, events: Mapping[str, int]) -> Iterator[tuple[Term, float]]:
    table = model.table
    logic, macros = _sources(model)
    for module in table.modules:
        part = component_group(row_name(module))
        source = macros if module.macros else logic
        yield Term(part, AT_REST, *source), module.idle_pj * events[CYCLES]
        for event, each in module.event_pj.items():
            yield Term(part, event, *source), each * events[event]
    nanojoules = events[CYCLES] * model.clock_ns * 1e-3
    for name, source, leakage_uw in (
        ("leakage of logic", logic, table.logic_leakage_uw),
        ("leakage of memories", macros, table.macros_leakage_uw),
    ):
        provenance, said = source
        if model.clock_ns != table.clock_ns:
            provenance, said = Provenance.ASSUMED, f"{said}; a clock of {model.clock_ns:g} ns"
        yield Term(name, LEAKAGE, provenance, said), leakage_uw * nanojoules


def _sources(model: EnergyModel) -> tuple[tuple[Provenance, str], tuple[Provenance, str]]:
    """Of logic and of memories.

    Accesses are counted; what one takes is sourced, by the table's own word.
    """
    table = model.table
    _, _, memories = table.source.partition(MEMORIES)
    measured = Provenance.MEASURED, f"our modules at work, cells as in their library: {table.title}"
    if not memories:
        return measured, (Provenance.ASSUMED, "memories of which the table says no source")
    return measured, (Provenance.SOURCED, memories.strip())


MEMORIES = "memories: "
"""Before the title of the table of memories, in the source of a table of energies"""
