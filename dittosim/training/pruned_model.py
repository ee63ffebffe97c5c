"""A model that loses channels while it is trained, and may get them back (extra ``train``)."""

from collections.abc import Mapping

import numpy as np
import torch

from dittosim.training.config import PruningConfig
from dittosim.training.torch_graph import TorchGraph
from golden.network.graph import Graph
from golden.pruning.channels import prunability
from golden.pruning.layer_sparsity import KeptCount, channel_scales, counts_above_threshold
from golden.pruning.regrowth import regrown
from golden.pruning.selection import select_filters
from golden.pruning.surgery import kept_entries, pruned_graph

Arrays = dict[str, np.ndarray]
KINDS = ("weight", "average", "exp_avg", "exp_avg_sq")
"""What is kept of every weight: itself, its running average, and AdamW's two moments."""


class PrunedModel:
    """The channels that live, as a small dense network, and the last values of all others.

    A channel that comes back has its most recent weights, averages and moments, as in CHEX.
    """

    def __init__(self, graph: Graph, weights: Mapping[str, np.ndarray], rate: float) -> None:
        self.graph = graph
        self.layers = prunability(graph).layers
        self.kept = {name: np.arange(layer.filters) for name, layer in self.layers.items()}
        self.full: dict[str, Arrays] = {
            kind: {
                name: np.zeros_like(value) if kind.startswith("exp") else value.copy()
                for name, value in weights.items()
            }
            for kind in KINDS
        }
        self.steps = 0
        self.rate = rate
        self._revive()

    @property
    def live(self) -> Graph:
        """The network as it is now."""
        return self.model.graph

    def step(self, loss: torch.Tensor, rate: float, decay: float) -> None:
        """One step of AdamW, and of the running average."""
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        keep = min(decay, (self.steps + 1) / (self.steps + 10))
        self.steps += 1
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
            for average, new in pairs:
                average.lerp_(new, 1 - keep)

    def select(
        self, pruning: PruningConfig, rng: np.random.Generator, share: float
    ) -> dict[str, tuple[int, float | None]]:
        """Prunes to the target, then lets about ``share`` of each layer's filters come back.

        Returns, by layer, the filters selected and the share of kernel clusters they cover. A
        removed channel counts as one of scale 0 (gamma); layers that would lose all are skipped.
        """
        self.store()
        weights = self.model.arrays()
        scales = {}
        for name, layer in self.layers.items():
            scales[name] = np.zeros(layer.filters)
            scales[name][self.kept[name]] = channel_scales(layer, weights)
        counts = counts_above_threshold(self.layers, scales, pruning.sparsity, pruning.columns)
        found, chosen = {}, {}
        for name, layer in self.layers.items():
            count = self._possible(name, counts[name])
            selection = select_filters(
                weights[f"{name}.weight"],
                count,
                rng,
                groups=layer.groups,
                criterion=pruning.method,
                linkage=pruning.linkage,
            )
            kept = self.kept[name][selection.kept]
            coverage = selection.coverage
            found[name] = len(kept), None if coverage is None else float(coverage[-1])
            weight = self.full["weight"][f"{name}.weight"]
            chosen[name] = regrown(weight, kept, share, rng, layer.groups)
        self.kept = chosen
        self._revive()
        return found

    def _possible(self, name: str, count: KeptCount) -> int:
        """Filters to keep: no more than live, and a multiple of what ``count`` asks for."""
        living = len(self.kept[name])
        if living < count.filters:
            living -= living % count.multiple
        return min(count.kept, living) if count.wanted else living

    def store(self) -> None:
        """Takes the live values over into those of all channels."""
        for kind, arrays in self._live_arrays().items():
            for name, index in self._indices().items():
                self.full[kind][name][index] = arrays[name]

    def trained(self) -> Arrays:
        """Averaged weights of the live network, by ``node.parameter``, float32."""
        return self.average.arrays()

    def state(self) -> dict[str, torch.Tensor]:
        """All that a training needs to go on; :meth:`restore` takes it."""
        self.store()
        tensors = {
            f"{kind}/{name}": value
            for kind, each in self.full.items()
            for name, value in each.items()
        }
        kept = {f"kept/{name}": value for name, value in self.kept.items()}
        every = tensors | kept | {"steps": np.array(self.steps)}
        return {name: torch.from_numpy(value.copy()) for name, value in every.items()}

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Goes on from ``state``; KeyError or ValueError if it is another model's."""
        for kind in KINDS:
            for name, value in self.full[kind].items():
                value[...] = state[f"{kind}/{name}"].numpy()
        self.kept = {name: state[f"kept/{name}"].numpy() for name in self.kept}
        self.steps = int(state["steps"])
        self._revive()

    def _indices(self) -> dict[str, tuple[np.ndarray, ...]]:
        entries = kept_entries(self.layers, self.kept)
        return {
            name: np.ix_(
                *(
                    entries.get(name, {}).get(axis - value.ndim, np.arange(size))
                    for axis, size in enumerate(value.shape)
                )
            )
            for name, value in self.full["weight"].items()
        }

    def _revive(self) -> None:
        graph = pruned_graph(self.graph, self.layers, self.kept)
        self.model, self.average = TorchGraph(graph), TorchGraph(graph)
        indices = self._indices()
        arrays = {
            kind: {name: each[name][index] for name, index in indices.items()}
            for kind, each in self.full.items()
        }
        self.model.load(arrays["weight"])
        self.average.load(arrays["average"])
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.rate, weight_decay=1e-4)
        if self.steps:
            for name, parameter in self.model.named_arrays():
                self.optimizer.state[parameter] = {
                    "step": torch.tensor(float(self.steps)),
                    **{
                        kind: torch.from_numpy(arrays[kind][name])
                        for kind in ("exp_avg", "exp_avg_sq")
                    },
                }

    def _live_arrays(self) -> dict[str, Arrays]:
        moments: dict[str, Arrays] = {"exp_avg": {}, "exp_avg_sq": {}}
        for name, parameter in self.model.named_arrays():
            for kind, arrays in moments.items():
                state = self.optimizer.state.get(parameter)
                value = state[kind] if state else torch.zeros_like(parameter)
                arrays[name] = value.numpy().copy()
        return {"weight": self.model.arrays(), "average": self.average.arrays(), **moments}
