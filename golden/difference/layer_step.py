"""One layer at one denoising step: what it multiplies, and what it multiplied before."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from golden.difference.layer import Layer, Operands
from golden.difference.matmul import Mode, Product


@dataclass(frozen=True)
class Previous:
    """What a layer computed in the previous step."""

    operands: Operands
    accumulators: np.ndarray
    """int32 (count, rows, columns)"""


@dataclass(frozen=True)
class LayerInput:
    """A layer's operands at one step; ``count`` products side by side."""

    layer: Layer
    step: int
    """Denoising steps before this one"""
    operands: Operands
    previous: Previous | None
    """None in the first step"""

    def products(self, mode: Mode) -> list[Product]:
        """The operations of the array for this layer in ``mode``.

        One, but two for TEMPORAL differences where both operands change: ``Q K = Q' K' + dQ K' +
        Q dK``. The second of them is transposed, ``(Q dK)^T = dK^T Q^T``, so that its rows are
        the differences and Q, whole, stands in for weights. Source: Ditto (HPCA 2025, attention).
        """
        first, second = self.operands
        zero_point = self.layer.zero_point
        if mode is not Mode.TEMPORAL or self.previous is None:
            return [Product(first, None, zero_point, second)]
        before = self.previous.operands
        if not self.layer.moving:
            return [Product(first, before.first, zero_point, second)]
        return self._changes

    @cached_property
    def _changes(self) -> list[Product]:
        """Of both operands; made once, since transposing large ones takes long."""
        if self.layer.zero_point:
            raise ValueError(f"layer '{self.layer.name}': its first operand has a zero point")
        assert self.previous is not None
        (first, second), before = self.operands, self.previous.operands
        changes = Product(first, before.first, 0, before.second)
        transposed = Product(
            np.ascontiguousarray(second.swapaxes(-1, -2)),
            np.ascontiguousarray(before.second.swapaxes(-1, -2)),
            0,
            np.ascontiguousarray(first.swapaxes(-1, -2)),
        )
        return [changes, transposed]

    def accumulate(self, mode: Mode) -> np.ndarray:
        """The accumulators as ``mode`` computes them, int32 (count, rows, columns)."""
        product, *transposed = self.products(mode)
        accumulators = product.sums(mode)
        for other in transposed:
            accumulators += other.sums(mode).swapaxes(-1, -2)
        if mode is Mode.TEMPORAL and self.previous:
            accumulators += self.previous.accumulators
        return accumulators

    def done(self, mode: Mode, accumulators: np.ndarray) -> "LayerStep":
        """The step as an observer sees it."""
        step = self.layer, self.step, self.operands, self.previous
        return LayerStep(*step, mode, accumulators)


@dataclass(frozen=True)
class LayerStep(LayerInput):
    """A layer's step when it is done, as an observer sees it."""

    mode: Mode
    accumulators: np.ndarray
    """int32 (count, rows, columns)"""
