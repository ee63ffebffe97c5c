"""``dittosim prune``: a workload with fewer channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dittosim.console import console, progress, result_table
from dittosim.files import check_writable, whole_folder, write_json
from dittosim.options import ForceOption, JsonOption, SeedOption, WorkloadArgument
from golden.denoising.calibration import Calibration
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.pruning.channels import PrunableLayer, prunability
from golden.pruning.clustering import Linkage
from golden.pruning.cost import Cost, node_costs
from golden.pruning.layer_sparsity import KeptCount, kept_counts
from golden.pruning.selection import Criterion, Selection
from golden.pruning.workload import prunable_layers, pruned_workload, select_in_layers
from golden.workload.workload import Workload, load_workload, save_workload


@dataclass(frozen=True)
class Pruning:
    """What was done to a workload."""

    before: Workload
    after: Workload
    layers: Mapping[str, PrunableLayer]
    counts: Mapping[str, KeptCount]
    selections: Mapping[str, Selection]

    def costs(self) -> dict[str, tuple[Cost, Cost]]:
        """Cost before and after of each node that has any, by name."""
        before, after = (
            node_costs(each.description.graph, each.description.image_shape)
            for each in (self.before, self.after)
        )
        return {name: (cost, after[name]) for name, cost in before.items()}


def prune(
    workload: WorkloadArgument,
    sparsity: Annotated[
        float, typer.Option(metavar="S", help="Share of channels to remove, 0 <= S < 1.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="New folder for the workload.")
    ],
    method: Annotated[Criterion, typer.Option(help="How filters are chosen.")] = Criterion.REPRUNE,
    linkage: Annotated[
        Linkage | None, typer.Option(help="How reprune clusters kernels; ward if absent.")
    ] = None,
    round_to_columns: Annotated[
        bool,
        typer.Option(
            "--round-to-columns", help="Round kept counts up to the PE columns of --config."
        ),
    ] = False,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            "-c",
            metavar="C",
            help="Preset or TOML file for --round-to-columns; small if absent.",
        ),
    ] = None,
    calibration: Annotated[
        Calibration, typer.Option(help="How int8 ranges are chosen anew.")
    ] = Calibration.ABSMAX,
    seed: SeedOption = 0,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Remove channels from a trained workload and save it as a new one; nothing is trained.

    The share is of all channels that can be removed; each layer's own follows from the scales of
    the normalization after it. "wanted" is what it would keep, "kept" what it keeps. Example:

    `dittosim prune digits-unet --sparsity 0.5 --round-to-columns --config tiny -o pruned`
    """
    check_writable(json, force=force)
    if linkage and method is not Criterion.REPRUNE:
        raise DittosimError(f"--linkage has no effect on --method {method}; leave it out")
    if config and not round_to_columns:
        raise DittosimError("--config has no effect without --round-to-columns")
    columns = load_config(config or "small").columns if round_to_columns else 1
    model = load_workload(workload)
    layers = prunable_layers(model.description.graph)
    counts = kept_counts(layers, model.weights, sparsity, columns)
    name = f"{method}, {linkage or Linkage.WARD}" if method is Criterion.REPRUNE else method.value
    with whole_folder(output, force=force) as folder:
        with progress() as bar:
            channels = sum(
                layers[each].layer.in_channels
                for each, count in counts.items()
                if count.kept < count.filters
            )
            task = bar.add_task("cluster kernels", total=channels)
            selections = select_in_layers(
                layers,
                model.weights,
                counts,
                criterion=method,
                linkage=linkage or Linkage.WARD,
                seed=seed,
                progress=lambda: bar.advance(task),
            )
            bar.add_task("calibrate", total=None)
            kept = {each: selection.kept for each, selection in selections.items()}
            note = f"pruned ({name}) at sparsity {sparsity:g}"
            smaller = pruned_workload(model, layers, kept, note, calibration)
        save_workload(folder, smaller.description, smaller.weights)

    pruning = Pruning(model, smaller, layers, counts, selections)
    if str(json) != "-":
        title = f"{model.name}: {name}, sparsity {sparsity:g}, seed {seed}"
        console.print(selection_table(pruning, title))
        console.print(cost_table(pruning))
        for line in remarks(pruning, columns):
            console.print(line, soft_wrap=True)
        console.print(f"workload: {output}", soft_wrap=True)
    settings = {
        "sparsity": sparsity,
        "method": method.value,
        "linkage": (linkage or Linkage.WARD).value if method is Criterion.REPRUNE else None,
        "columns": columns,
        "calibration": calibration.value,
        "seed": seed,
    }
    write_json(json, {"workload": model.name, **settings, **figures(pruning)})


def selection_table(pruning: Pruning, title: str) -> Table:
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


def cost_table(pruning: Pruning) -> Table:
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


def remarks(pruning: Pruning, columns: int) -> list[str]:
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


def figures(pruning: Pruning) -> dict[str, Any]:
    """All that was done, and why other layers keep their channels, for --json."""
    return {
        "layers": {
            name: {
                "filters": count.filters,
                "wanted": count.wanted,
                "kept": pruning.selections[name].kept.tolist(),
                "clusters": _list(pruning.selections[name].clusters),
                "coverage": _list(pruning.selections[name].coverage),
            }
            for name, count in pruning.counts.items()
        },
        "obstacles": prunability(pruning.before.description.graph).obstacles,
        "nodes": {
            name: {
                "macs": {"before": before.macs, "after": after.macs},
                "parameters": {"before": before.parameters, "after": after.parameters},
            }
            for name, (before, after) in pruning.costs().items()
        },
    }


def _list(values: Any) -> list[Any] | None:
    return None if values is None else values.tolist()
