"""A denoiser in integers: every step of a sampling run as the accelerator computes it."""

from collections.abc import Callable

import numpy as np

from golden.denoising.lowering import IntegerGraph
from golden.difference.layer import NodeLayer
from golden.difference.layer_step import LayerInput, LayerStep, Previous
from golden.difference.matmul import Mode
from golden.floating.execution import Weights, run_static
from golden.network.graph import IMAGE

Flow = Callable[[LayerInput], Mode]
"""Chooses the mode in which a layer runs a step (:mod:`golden.flow.defo`, or always the same)."""
Observer = Callable[[LayerStep], None]


class Denoiser:
    """Callable for a sampler; remembers the previous step, which temporal differences need.

    Nothing in it is floating point but what depends on time and class alone, which the host
    computes ahead (embeddings, factors of adaptive norms), and the scale of its input and output.
    """

    def __init__(
        self,
        integer: IntegerGraph,
        weights: Weights,
        flow: Flow,
        labels: np.ndarray | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._integer = integer
        self._weights = weights
        self._flow = flow
        self._labels = labels
        self._observer = observer
        self._previous: dict[str, Previous] = {}
        self._step = 0

    def __call__(self, image: np.ndarray, time: int) -> np.ndarray:
        """Predicted noise in ``image`` float32 (batch, height, width, channels) at ``time``."""
        formats = self._integer.formats
        tensors = {IMAGE: formats[IMAGE].quantize(image), **self._static(time)}
        last_reader = self._integer.last_reader
        for node in self._integer.nodes:
            inputs = [tensors[source] for source in node.inputs]
            operation = self._integer.operations[node.name]
            if isinstance(operation, NodeLayer):
                tensors[node.name] = self._run_layer(operation, inputs)
            else:
                tensors[node.name] = operation(*inputs)
            for source in node.inputs:
                if last_reader[source] == node.name:
                    tensors.pop(source, None)
        self._step += 1
        output = self._integer.nodes[-1].name
        return formats[output].dequantize(tensors[output]).astype(np.float32)

    def _static(self, time: int) -> dict[str, np.ndarray]:
        names, formats = self._integer.static_inputs, self._integer.formats
        found = run_static(self._integer.graph, self._weights, names, time, self._labels)
        return {name: formats[name].quantize(tensor) for name, tensor in found.items()}

    def _run_layer(self, layer: NodeLayer, inputs: list[np.ndarray]) -> np.ndarray:
        layer_input = LayerInput(
            layer, self._step, layer.operands(inputs), self._previous.get(layer.name)
        )
        mode = self._flow(layer_input)
        accumulators = layer_input.accumulate(mode)
        if self._observer:
            self._observer(layer_input.done(mode, accumulators))
        self._previous[layer.name] = Previous(layer_input.operands, accumulators)
        return layer.output(accumulators, inputs)
