"""Prunes a trained workload: selection in all layers, smaller graph, weights, new formats."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from golden.denoising.calibration import Calibration
from golden.errors import DittosimError
from golden.floating.execution import Weights
from golden.network.graph import Graph
from golden.pruning.channels import PrunableLayer, prunability
from golden.pruning.clustering import Linkage, Progress
from golden.pruning.layer_sparsity import KeptCount
from golden.pruning.selection import Criterion, Selection, select_filters
from golden.pruning.surgery import pruned_graph, pruned_weights
from golden.workload.recalibration import recalibrated
from golden.workload.workload import Workload, WorkloadDescription


def prunable_layers(graph: Graph) -> dict[str, PrunableLayer]:
    """The layers that can lose channels, by name; DittosimError if there are none."""
    layers, obstacles = prunability(graph)
    if not layers:
        name, reason = next(iter(obstacles.items()), ("the model", "has no layer with weights"))
        raise DittosimError(
            "there is no layer to prune: channels must flow through channel-wise nodes alone "
            f"into other layers; '{name}', for one, {reason}"
        )
    return layers


def select_in_layers(
    layers: Mapping[str, PrunableLayer],
    weights: Weights,
    counts: Mapping[str, KeptCount],
    *,
    criterion: Criterion = Criterion.REPRUNE,
    linkage: Linkage = Linkage.WARD,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Selection]:
    """Selects the filters of every layer in ``counts``, each on the weights as they are."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, count in counts.items():
        try:
            found[name] = select_filters(
                weights[f"{name}.weight"],
                count.kept,
                rng,
                groups=layers[name].groups,
                criterion=criterion,
                linkage=linkage,
                progress=progress,
            )
        except ValueError as error:
            raise DittosimError(f"layer '{name}': {error}") from error
    return found


def pruned_workload(
    workload: Workload,
    layers: Mapping[str, PrunableLayer],
    kept: Mapping[str, np.ndarray],
    note: str,
    calibration: Calibration = Calibration.ABSMAX,
) -> Workload:
    """The workload with only the filters ``kept`` of ``layers``, calibrated anew.

    ``note`` is added to its one-line summary.
    """
    d = workload.description
    graph = pruned_graph(d.graph, layers, kept)
    weights = pruned_weights(workload.weights, layers, kept)
    description = WorkloadDescription(
        **{**dict(d), "graph": graph, "summary": f"{d.summary}; {note}"}
    )
    return recalibrated(replace(workload, description=description, weights=weights), calibration)
