"""Workloads with fewer channels."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dittosim.api.choices import chosen
from dittosim.api.workloads import Source, load_workload, save_workload
from dittosim.pruning.pruned import Pruned, Settings, figures
from dittosim.results import Result
from golden.denoising.calibration import Calibration
from golden.errors import DittosimError
from golden.pruning.clustering import Linkage
from golden.pruning.layer_sparsity import kept_counts
from golden.pruning.selection import Criterion
from golden.pruning.workload import prunable_layers, pruned_workload, select_in_layers
from golden.workload.workload import Workload

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dittosim.drawing import Figure


@dataclass(frozen=True, eq=False)
class Pruning(Result):
    """A pruned workload, and what was kept of each layer."""

    pruned: Pruned
    settings: Settings

    @property
    def workload(self) -> Workload:
        """With fewer channels, calibrated anew; nothing is trained."""
        return self.pruned.after

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Writes the workload into a new folder; see :func:`dittosim.save_workload`."""
        return save_workload(folder, self.workload, force=force)

    def to_dict(self) -> dict[str, Any]:
        """All figures of ``dittosim prune --json``."""
        return {
            "workload": self.pruned.before.name,
            **self.settings.figures(),
            **figures(self.pruned),
        }

    def records(self) -> list[dict[str, Any]]:
        """A row for each node: MACs of a step of one image, and parameters, before and after."""
        return [
            {
                "node": name,
                "macs_before": before.macs,
                "macs_after": after.macs,
                "parameters_before": before.parameters,
                "parameters_after": after.parameters,
            }
            for name, (before, after) in self.pruned.costs().items()
        ]

    def tables(self) -> "Sequence[RenderableType]":
        """What is kept of each layer, what nodes cost before and after, remarks."""
        from dittosim.console import Line
        from dittosim.pruning.tables import cost_table, remarks, selection_table

        s = self.settings
        title = f"{self.pruned.before.name}: {s.name}, sparsity {s.sparsity:g}, seed {s.seed}"
        lines = map(Line, remarks(self.pruned, s.columns))
        return [selection_table(self.pruned, title), cost_table(self.pruned), *lines]

    def plot(self) -> "Figure":
        """Millions of MACs of each node that changed, before and after."""
        from dittosim.drawing import Figure

        changed = [row for row in self.records() if row["macs_before"] != row["macs_after"]]
        figure = Figure(figsize=(8, 0.22 * len(changed) + 0.9), layout="constrained")
        axis = figure.subplots()
        for when, color in (("before", "#d9d9d9"), ("after", "#31a354")):
            macs = [row[f"macs_{when}"] / 1e6 for row in changed]
            axis.barh([row["node"] for row in changed], macs, color=color, label=when)
        if changed:
            axis.invert_yaxis()
        axis.tick_params(axis="y", labelsize=8)
        axis.set(xlabel="million MACs, one step of one image")
        axis.legend(frameon=False)
        return figure


def prune(
    workload: Source,
    sparsity: float,
    *,
    method: str = Criterion.REPRUNE,
    linkage: str | None = None,
    columns: int = 1,
    calibration: str = Calibration.ABSMAX,
    seed: int = 0,
) -> Pruning:
    """Removes channels from a trained workload; nothing is trained.

    Args:
        workload: A shipped workload's name, a folder, or a loaded one.
        sparsity: Share of all channels that can be removed, from 0 to below 1; each layer's own
            follows from the scales of the normalization after it.
        method: How filters are chosen, as ``dittosim prune --help`` lists it.
        linkage: How ``reprune`` clusters kernels; ``ward`` if None.
        columns: Kept counts are rounded up to a multiple of it, such as a machine's ``columns``.
        calibration: How int8 ranges are chosen anew: ``absmax``, ``percentile``, ``mse``.
        seed: Of what is random.

    Raises DittosimError for what is no workload, and where nothing of it can be removed.
    """
    criterion = chosen(Criterion, method, "method")
    if linkage and criterion is not Criterion.REPRUNE:
        raise DittosimError(f"--linkage has no effect on --method {criterion}; leave it out")
    kernels = chosen(Linkage, linkage or Linkage.WARD, "linkage")
    ranges = chosen(Calibration, calibration, "calibration")
    settings = Settings(sparsity, criterion, kernels, columns, ranges, seed)
    model = load_workload(workload)
    layers = prunable_layers(model.description.graph)
    counts = kept_counts(layers, model.weights, sparsity, columns)
    from dittosim.console import progress

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
            criterion=criterion,
            linkage=kernels,
            seed=seed,
            progress=lambda: bar.advance(task),
        )
        bar.add_task("calibrate", total=None)
        kept = {each: selection.kept for each, selection in selections.items()}
        note = f"pruned ({settings.name}) at sparsity {sparsity:g}"
        smaller = pruned_workload(model, layers, kept, note, ranges)
    return Pruning(Pruned(model, smaller, layers, counts, selections), settings)
