"""A quantized denoiser: integer layers in any mode, float32 functions between them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from golden import graph as g
from golden.execution import Weights, run_graph
from golden.layer import Layer
from golden.matmul import Mode, Previous, accumulate


@dataclass(frozen=True)
class LayerStep:
    """One layer at one denoising step, as an observer sees it."""

    layer: Layer
    step: int
    """Denoising steps before this one."""
    rows: np.ndarray
    """int8 (batch, rows, k)"""
    previous: Previous | None
    """What the layer computed in the previous step; None in the first."""
    accumulators: np.ndarray
    """int32 (batch, rows, columns)"""


Observer = Callable[[LayerStep], None]


class Denoiser:
    """Callable for the sampler; remembers the previous step, which TEMPORAL differences need."""

    def __init__(
        self,
        graph: g.Graph,
        weights: Weights,
        layers: dict[str, Layer],
        mode: Mode,
        observer: Observer | None = None,
    ) -> None:
        self._graph = graph
        self._weights = weights
        self._layers = layers
        self._mode = mode
        self._observer = observer
        self._previous: dict[str, Previous] = {}
        self._step = 0

    def __call__(self, image: np.ndarray, time: int) -> np.ndarray:
        """Predicted noise in ``image`` float32 (batch, height, width, channels) at ``time``."""
        output = run_graph(self._graph, self._weights, image, time, self._matmul)
        self._step += 1
        return output

    def _matmul(self, node: g.MatmulNode, x: np.ndarray) -> np.ndarray:
        layer = self._layers[node.name]
        shaped = layer.rows(x)
        rows = np.ascontiguousarray(shaped.reshape(len(shaped), -1, layer.k))
        previous = self._previous.get(node.name)
        zero_point = layer.input_format.zero_point
        accumulators = accumulate(self._mode, rows, layer.weights, zero_point, previous)
        if self._observer:
            self._observer(LayerStep(layer, self._step, rows, previous, accumulators))
        self._previous[node.name] = Previous(rows, accumulators)
        return layer.dequantize(accumulators).reshape(*shaped.shape[:-1], layer.columns)
