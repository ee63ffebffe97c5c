"""Pruned workloads as tables, and remarks on them."""

from rich.table import Table

from dittosim.console import result_table
from dittosim.pruning.pruned import Pruned
from golden.pruning.cost import Cost


def selection_table(pruning: Pruned, title: str) -> Table:
    """What is kept of each layer, and how many of its kernel clusters that covers."""
    table = result_table(
        title,
        "layer",
        "filters",
        "wanted",
        "kept",
        "sparsity\n%",
        "clusters\nper channel",
        "covered\n%",
    )
    for name, count in pruning.counts.items():
        selection = pruning.selections[name]
        clusters, coverage = selection.clusters, selection.coverage
        table.add_row(
            name,
            f"{count.filters:,}",
            f"{count.wanted:,}",
            f"{count.kept:,}",
            f"{100 * count.sparsity:.1f}",
            "" if clusters is None else f"{clusters.mean():.1f}",
            "" if coverage is None else f"{100 * coverage[-1]:.1f}",
        )
    filters, wanted, kept = (
        sum(getattr(count, each) for count in pruning.counts.values())
        for each in ("filters", "wanted", "kept")
    )
    sparsity = f"{100 * (1 - kept / filters):.1f}"
    table.add_section()
    table.add_row("all", f"{filters:,}", f"{wanted:,}", f"{kept:,}", sparsity, "", "")
    return table


def cost_table(pruning: Pruned) -> Table:
    """Millions of MACs, and parameters, of the nodes that changed and of the whole model."""
    columns = ("MMACs", "after", "%", "parameters", "after", "%")
    table = result_table("one step of one image on the accelerator", "node", *columns)
    costs = pruning.costs()
    changed = {name: pair for name, pair in costs.items() if pair[0] != pair[1]}
    others = [pair for name, pair in costs.items() if name not in changed]

    def add(name: str, pairs: list[tuple[Cost, Cost]]) -> None:
        macs = [sum(pair[n].macs for pair in pairs) for n in (0, 1)]
        parameters = [sum(pair[n].parameters for pair in pairs) for n in (0, 1)]
        table.add_row(
            name,
            *(f"{each / 1e6:,.3f}" if macs[0] else "" for each in macs),
            f"{100 * macs[1] / macs[0]:.1f}" if macs[0] else "",
            *(f"{each:,}" for each in parameters),
            f"{100 * parameters[1] / parameters[0]:.1f}" if parameters[0] else "",
        )

    for name, pair in changed.items():
        add(name, [pair])
    add("all others", others)
    table.add_section()
    add("all", list(costs.values()))
    return table


def remarks(pruning: Pruned, columns: int) -> list[str]:
    """Where a layer keeps another number of filters than its sparsity wants, and why."""
    found = []
    for name, count in pruning.counts.items():
        groups = pruning.layers[name].groups
        reasons = [f"{groups} normalization groups"] if groups > 1 else []
        reasons += [f"{columns} PE columns"] if columns > 1 else []
        if count.wanted == 0:
            found.append(f"{name}: no channel is above the threshold; the layer stays whole")
        elif count.kept != count.wanted:
            found.append(
                f"{name}: {count.wanted} filters rounded up to {count.kept} for "
                + " and ".join(reasons)
            )
    return found
