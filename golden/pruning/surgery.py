"""Removes channels from a graph and from its weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from golden.floating.execution import Weights
from golden.network.graph import Graph
from golden.pruning.channels import PrunableLayer

Kept = Mapping[str, np.ndarray]
"""Indices of the filters that stay, sorted, by layer."""


def pruned_graph(graph: Graph, layers: Mapping[str, PrunableLayer], kept: Kept) -> Graph:
    """The graph with as many channels as ``kept`` has filters; nodes keep their names."""
    changes: dict[str, dict[str, Any]] = {}
    for name, filters in kept.items():
        count, layer = len(filters), layers[name]
        for producer in (layer.layer, *layer.vectors):
            changes.setdefault(producer.name, {})["out_channels"] = count
        for norm in layer.norms:
            changes.setdefault(norm.name, {})["channels"] = count
        for reader in layer.readers:
            changes.setdefault(reader.name, {})["in_channels"] = count
    nodes = (node.model_copy(update=changes.get(node.name, {})) for node in graph.nodes)
    return Graph(nodes=tuple(nodes))


def kept_entries(
    layers: Mapping[str, PrunableLayer], kept: Kept
) -> dict[str, dict[int, np.ndarray]]:
    """What stays of each weight that loses something: indices by axis, by ``node.parameter``.

    Whatever has the shape of a weight (a gradient, an optimizer's moments) is cut the same way.
    """
    entries: dict[str, dict[int, np.ndarray]] = {}
    for name, filters in kept.items():
        layer = layers[name]
        for node in (layer.layer, *layer.norms, *layer.vectors):
            for parameter in node.parameter_shapes():
                entries.setdefault(f"{node.name}.{parameter}", {})[-1] = filters
        for reader in layer.readers:
            entries.setdefault(f"{reader.name}.weight", {})[-2] = filters
    return entries


def pruned_weights(
    weights: Weights, layers: Mapping[str, PrunableLayer], kept: Kept
) -> dict[str, np.ndarray]:
    """The weights of :func:`pruned_graph`, by ``node.parameter``."""
    entries, found = kept_entries(layers, kept), dict(weights)
    for name, axes in entries.items():
        for axis, indices in axes.items():
            found[name] = np.ascontiguousarray(found[name].take(indices, axis))
    return found
