"""How many filters each layer keeps, from one sparsity of the whole model (REPrune, Algorithm 2).

Layers whose channels matter less lose more of them. How much a channel matters is read from the
scale gamma of the normalization that follows; a layer without normalization after it is judged by
the L2 norms of its filters, relative to their mean, in the place of gamma.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from golden.errors import DittosimError
from golden.floating.execution import Weights
from golden.pruning.channels import PrunableLayer


@dataclass(frozen=True)
class KeptCount:
    """How many filters a layer keeps."""

    filters: int
    wanted: int
    """(1 - s_l) * filters; 0 if no channel is above the threshold"""
    multiple: int
    """What the kept count is a multiple of, unless all are kept"""

    @property
    def kept(self) -> int:
        """Rounded up; all filters if none were wanted, because a layer is never removed."""
        rounded = -(-self.wanted // self.multiple) * self.multiple
        return min(rounded or self.filters, self.filters)

    @property
    def sparsity(self) -> float:
        """Share of filters removed."""
        return 1 - self.kept / self.filters


def kept_counts(
    layers: Mapping[str, PrunableLayer], weights: Weights, sparsity: float, columns: int = 1
) -> dict[str, KeptCount]:
    """Filters that each layer keeps, if ``sparsity`` of the channels of all ``layers`` is removed.

    Counts are rounded up to what normalization groups divide, and to a multiple of ``columns`` PEs.
    DittosimError unless 0 <= ``sparsity`` < 1.
    """
    scales = {name: channel_scales(layer, weights) for name, layer in layers.items()}
    return counts_above_threshold(layers, scales, sparsity, columns)


def counts_above_threshold(
    layers: Mapping[str, PrunableLayer],
    scales: Mapping[str, np.ndarray],
    sparsity: float,
    columns: int = 1,
) -> dict[str, KeptCount]:
    """:func:`kept_counts` from how much every channel matters, ``scales`` (filters,) by layer.

    The threshold is the ``sparsity`` quantile of all of them; a layer's sparsity s_l is the share
    of its channels at or under it.
    """
    if not 0 <= sparsity < 1:
        raise DittosimError(f"sparsity {sparsity}: must be at least 0 and below 1")
    ranked = np.sort(np.concatenate([scales[name] for name in layers]))
    removed = round(sparsity * len(ranked))
    threshold = ranked[removed - 1] if removed else -np.inf
    return {
        name: KeptCount(
            layer.filters,
            int(np.count_nonzero(scales[name] > threshold)),
            math.lcm(layer.groups, columns),
        )
        for name, layer in layers.items()
    }


def channel_scales(layer: PrunableLayer, weights: Weights) -> np.ndarray:
    """How much each output channel matters, float64 (filters,)."""
    if layer.norms:
        return np.abs(weights[f"{layer.norms[0].name}.weight"]).astype(np.float64)
    weight = weights[f"{layer.layer.name}.weight"].astype(np.float64)
    norms = np.sqrt(np.square(weight.reshape(-1, weight.shape[-1])).sum(axis=0))
    return norms / (norms.mean() or 1.0)
