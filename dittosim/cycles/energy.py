"""Energy of whole steps: tables and figures of flows side by side."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table

from dittosim.console import result_table
from dittosim.cycles.steps import Runs
from dittosim.energy.cost import EnergyModel
from dittosim.energy.terms import Provenance, terms
from golden.workload.workload import Workload
from sim.run.whole_run import WholeRun

_MICRO = 1e-6
"""Of pJ"""


def energy_tables(workload: Workload, runs: Runs, model: EnergyModel) -> list[Table]:
    """By part of the machine, by cause, by node, by step and by term."""
    parts = {flow: model.by_part(run.total, run.array(), run.dram) for flow, run in runs.items()}
    causes = {flow: model.by_cause(run.total, run.array(), run.dram) for flow, run in runs.items()}
    steps = max(len(run.steps) for run in runs.values())
    return [
        _share_table("energy by part", "part", parts),
        _share_table("energy by cause", "cause", causes),
        _node_table(workload, runs, model),
        _step_table(runs, model, steps),
        _term_table(runs, model),
    ]


def term_sources(runs: Runs, model: EnergyModel) -> list[str]:
    """What stands behind measured, sourced and assumed terms, a line each."""
    found: dict[tuple[Provenance, str], None] = {}
    for run in runs.values():
        each = terms(model, run.total, run.array(), run.dram)
        found |= dict.fromkeys((term.provenance, term.source) for term in each)
    return [f"{provenance}: {source}" for provenance, source in sorted(found)]


def energy_figures(runs: Runs, model: EnergyModel) -> dict[str, Any]:
    """All of it for --json, in pJ."""
    return {
        "table": model.table.title,
        "table_source": model.table.source,
        "clock_ns": model.clock_ns,
        "dram": model.dram.kind.value,
        "dram_pj_bit": {"read": model.dram.read_pj_bit, "write": model.dram.write_pj_bit},
        "flows": {flow.value: _figures(run, model) for flow, run in runs.items()},
    }


def _figures(run: WholeRun, model: EnergyModel) -> dict[str, Any]:
    return {
        "components_pj": model.by_component(run.total, run.array(), run.dram),
        "causes_pj": model.by_cause(run.total, run.array(), run.dram),
        "terms": [
            {**asdict(term), "pj": each}
            for term, each in terms(model, run.total, run.array(), run.dram).items()
        ],
        "steps_pj": [_of_step(run, model, step) for step in range(len(run.steps))],
        "nodes_pj": {name: _of_node(run, model, name) for name in run.names()},
        "of_no_node_pj": _of_no_node(run, model),
    }


def _of_node(run: WholeRun, model: EnergyModel, name: str) -> float:
    return sum(model.by_component(run.node(name), run.array(name), None).values())


def _of_no_node(run: WholeRun, model: EnergyModel) -> float:
    """Activations and all else that DRAM takes beside the bytes of nodes."""
    together = model.dram_pj(run.total, run.dram)
    return sum(together.values()) - sum(model.dram_pj(run.total, None).values())


def _of_step(run: WholeRun, model: EnergyModel, step: int) -> float:
    found = model.by_component(run.steps[step], run.array(step=step), run.dram_of(step))
    return sum(found.values())


def _share_table(title: str, what: str, flows: Mapping[Any, Mapping[str, float]]) -> Table:
    columns = [column for flow in flows for column in (f"{flow}\nuJ", "%")]
    table = result_table(title, what, *columns)
    names = dict.fromkeys(name for each in flows.values() for name in each)
    sums = {flow: sum(each.values()) for flow, each in flows.items()}
    for name in sorted(names, key=lambda one: -max(each.get(one, 0) for each in flows.values())):
        if any(each.get(name) for each in flows.values()):
            cells = [
                (
                    f"{each.get(name, 0) * _MICRO:,.2f}",
                    f"{100 * each.get(name, 0) / sums[flow]:.1f}",
                )
                for flow, each in flows.items()
            ]
            table.add_row(name, *(cell for pair in cells for cell in pair))
    table.add_section()
    alls = [(f"{each * _MICRO:,.2f}", "100.0") for each in sums.values()]
    table.add_row("all", *(cell for pair in alls for cell in pair))
    return table


def _term_table(runs: Runs, model: EnergyModel) -> Table:
    """Counts times what each takes; where that comes from stands behind it."""
    flows = {flow: terms(model, run.total, run.array(), run.dram) for flow, run in runs.items()}
    columns = (f"{flow}\nuJ" for flow in flows)
    table = result_table("energy by term", "term", *columns, text="what one takes is")
    names = dict.fromkeys(term for each in flows.values() for term in each)
    for term in sorted(names, key=lambda one: -max(each.get(one, 0) for each in flows.values())):
        cells = (f"{each.get(term, 0) * _MICRO:,.3f}" for each in flows.values())
        table.add_row(f"{term.part}: {term.cause}", *cells, term.provenance)
    return table


def _node_table(workload: Workload, runs: Runs, model: EnergyModel) -> Table:
    table = result_table("energy by node, all steps", "node", *(f"{flow}\nuJ" for flow in runs))
    known = {name for run in runs.values() for name in run.names()}
    for node in workload.description.graph.nodes:
        if node.name in known:
            each = (_of_node(run, model, node.name) * _MICRO for run in runs.values())
            table.add_row(node.name, *(f"{one:,.3f}" for one in each))
    rest = [_of_no_node(run, model) * _MICRO for run in runs.values()]
    if any(rest):
        table.add_row("(DRAM, beside nodes' bytes)", *(f"{one:,.3f}" for one in rest))
    return table


def _step_table(runs: Runs, model: EnergyModel, steps: int) -> Table:
    table = result_table("energy by step", "step", *(f"{flow}\nuJ" for flow in runs))
    for step in range(steps):
        each = (_of_step(run, model, step) * _MICRO for run in runs.values())
        table.add_row(str(step), *(f"{one:,.3f}" for one in each))
    return table
