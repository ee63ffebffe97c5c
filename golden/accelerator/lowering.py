"""Layers of a model as the accelerator runs them: one matrix product after the other."""

from collections.abc import Callable, Iterator

import numpy as np

from golden.accelerator.candidates import candidates
from golden.accelerator.program import LayerRun
from golden.accelerator.shape import LayerShape, unfolded, unfolded_shape
from golden.difference.layer import WeightedLayer
from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode, Product
from golden.machine.config import MachineConfig
from golden.network.nodes import Conv2d, Shape
from golden.workload.trace import TraceLayer

Planner = Callable[[LayerRun], LayerRun]
"""Gives a run another plan."""


def layer_shape(
    layer_input: LayerInput, input_shape: Shape | None, config: MachineConfig
) -> LayerShape:
    """The shape in which the accelerator takes a layer's first (or only) product.

    ``input_shape`` is that of the tensor that a convolution of a graph reads; a trace knows it.
    """
    layer = layer_input.layer
    shape = None
    if isinstance(layer, TraceLayer):
        d = layer.description
        shape = _convolution(d.shape[1:], layer.columns, d.kernel, d.stride, d.padding, 0)
    elif isinstance(layer, WeightedLayer) and isinstance(layer.node, Conv2d) and input_shape:
        node = layer.node
        window = (node.kernel, node.stride, node.padding, node.trailing)
        shape = _convolution(input_shape, layer.columns, *window)
    if shape and (shape.kernel > 1 or shape.stride > 1):
        return unfolded_shape(shape) if unfolded(shape, config) else shape
    rows = layer_input.operands.first.shape[1]
    return rows_shape(rows, layer.k, layer.columns, config)


def _convolution(
    image: Shape, columns: int, kernel: int, stride: int, padding: int, trailing: int
) -> LayerShape:
    height, width, channels = image
    return LayerShape(
        height=height,
        width=width,
        channels=channels,
        columns=columns,
        kernel=kernel,
        stride=stride,
        padding=padding,
        trailing=trailing,
    )


def rows_shape(rows: int, k: int, columns: int, config: MachineConfig) -> LayerShape:
    """A plain matrix product, with as few rows per line as whole bus words allow.

    Short lines leave the most freedom to spread rows over tiles.
    """
    width = next(
        width
        for width in range(1, rows + 1)
        if width == rows
        or (rows % width == 0 and width * k % max(config.bus_bytes, config.beat_elements) == 0)
    )
    return LayerShape(height=rows // width, width=width, channels=k, columns=columns)


def layer_runs(
    layer_input: LayerInput,
    mode: Mode,
    input_shape: Shape | None,
    config: MachineConfig,
    planner: Planner = lambda run: run,
    *,
    instance: int = 0,
    values: bool = True,
) -> Iterator[LayerRun]:
    """The products of one image (or image and head) of a layer in ``mode``, in order.

    Where both operands of a product change, the second product adds to what the first one left,
    transposed. TEMPORAL without a previous step runs on the original activations. Without a
    ``planner`` blocks are as large as they can be; DittosimError if the machine is too small.
    Without ``values`` the second product adds to zeros, for those who ask for its cycles alone.
    """
    before = layer_input.previous
    if mode is Mode.TEMPORAL and before is None:
        mode = Mode.ACT
    stored = before.accumulators[instance] if mode is Mode.TEMPORAL and before else None
    products = layer_input.products(mode)
    for number, product in enumerate(products):
        rows = product.rows[instance]
        weights = _operand(product, instance)
        if number == 0:
            shape = layer_shape(layer_input, input_shape, config)
        else:
            k, columns = weights.shape
            shape = rows_shape(len(rows), k, columns, config)
        reference = None
        if mode is Mode.TEMPORAL and product.previous_rows is not None:
            reference = product.previous_rows[instance]
        first = next(candidates(shape, mode, config))
        run = planner(LayerRun(first, mode, product.zero_point, rows, weights, reference, stored))
        yield run
        if stored is None or number + 1 == len(products):
            continue
        if values:
            stored = np.ascontiguousarray(run.accumulators().T)
        else:
            stored = np.broadcast_to(np.int32(0), stored.shape[::-1])


def _operand(product: Product, instance: int) -> np.ndarray:
    return product.weights if product.weights.ndim == 2 else product.weights[instance]
