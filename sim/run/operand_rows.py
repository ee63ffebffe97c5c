"""What a program's products multiply, from the operands of the integer model.

The bytes that the array reads are the operands of the graph's layers with channels in their
physical places; those that only pad hold the zero point. A program that runs leaves them in memory
(:mod:`golden.step.execute`); where only cycles are asked for, they are placed without it.
"""

from collections.abc import Mapping

import numpy as np

from golden.accelerator.descriptor import Descriptor
from golden.accelerator.program import LayerRun, flags_of
from golden.difference.layer import AttentionLayer, Layer
from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode
from golden.network.graph import Graph
from golden.step.program import Entry
from golden.step.tensors import TensorLayout

NO_WEIGHTS = np.empty((0, 0), np.int8)
"""Cycles do not depend on them"""


class OperandRows:
    """Rows of products by their entries."""

    def __init__(self, graph: Graph, layouts: Mapping[str, TensorLayout]) -> None:
        self._inputs = {node.name: node.inputs for node in graph.nodes}
        self._layouts = layouts

    def run(self, entry: Entry, layer_input: LayerInput) -> LayerRun:
        """The product of ``entry``; of one image."""
        of, descriptor = entry.product, entry.descriptor
        assert of
        assert isinstance(descriptor, Descriptor)
        # The mode and the number say which operands; heads are images of their own.
        product = layer_input.products(of.mode)[of.number]
        head, layer = of.head or 0, layer_input.layer
        size = of.plan.shape.rows, of.plan.shape.k
        reference = None
        if of.mode is Mode.TEMPORAL:
            assert product.previous_rows is not None
            reference = self._placed(layer, of.number, head, product.previous_rows[head], size)
        return LayerRun(
            of.plan,
            of.mode,
            descriptor.zero_point,
            self._placed(layer, of.number, head, product.rows[head], size),
            NO_WEIGHTS,
            reference,
            None,
            **flags_of(descriptor),
        )

    def _placed(
        self, layer: Layer, number: int, head: int, rows: np.ndarray, size: tuple[int, int]
    ) -> np.ndarray:
        """``rows`` int8 (rows, k) with padded channels, int8 of ``size``."""
        if rows.shape == size:
            return rows
        source = self._layouts[self._inputs[layer.name][number]]
        if not isinstance(layer, AttentionLayer):
            taps = layer.k // source.shape[-1]
            by_taps = rows.reshape(len(rows), taps, source.shape[-1])
            return source.map.pixels(by_taps, layer.zero_point).reshape(size)
        found = np.zeros(size, np.int8)
        places = _of_head(source, layer, head)
        if number and not layer.transposed:
            # Rows are channels of the second tensor, k its pixels.
            found[places[:, None], np.arange(rows.shape[1])] = rows
        else:
            found[:, places] = rows
        return found


def _of_head(source: TensorLayout, layer: AttentionLayer, head: int) -> np.ndarray:
    """Where the channels of a head lie among its physical ones."""
    positions = source.map.positions.reshape(layer.heads, -1)[head]
    return positions - head * (source.map.physical // layer.heads)
