"""Matrix products as the array takes them from physical tensors, and their parameters."""

from dataclasses import replace

import numpy as np

from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.lowering import rows_shape
from golden.accelerator.shape import LayerShape
from golden.difference.layer import WeightedLayer
from golden.errors import DittosimError
from golden.integer.fixed_point import Requantization
from golden.machine.config import MachineConfig
from golden.network.nodes import Conv2d
from golden.step.drafts import Draft, Place, ProductOf
from golden.step.tensors import TensorLayout
from golden.vector.descriptor import Parameters


def product_draft(
    name: str,
    node: str,
    product: ProductOf,
    zero_point: int,
    places: dict[str, Place],
    **flags: int,
) -> Draft:
    """A product's descriptor; ``places`` by :class:`Addresses`' names, ``flags`` by field."""
    descriptor = assemble(product.plan, product.mode, zero_point, Addresses(0, 0, 0))
    descriptor = replace(descriptor, **flags)
    descriptor.pack()
    by_field = {f"{key}_address": place for key, place in places.items()}
    return Draft(name, node, descriptor, by_field, product)


def weighted_shape(
    layer: WeightedLayer, source: TensorLayout, target: TensorLayout, config: MachineConfig
) -> LayerShape:
    """A convolution or fully connected layer between physical channels."""
    node = layer.node
    height, width, _ = source.shape
    if not isinstance(node, Conv2d):
        return rows_shape(height * width, source.map.physical, target.map.physical, config)
    if node.kernel <= node.padding + node.trailing:
        raise DittosimError(
            f"kernel = {node.kernel}, padding = {node.padding}, trailing = {node.trailing}: "
            "windows may lie outside the image; use less padding"
        )
    if node.kernel == node.stride == 1:
        return rows_shape(height * width, source.map.physical, target.map.physical, config)
    return LayerShape(
        height=height,
        width=width,
        channels=source.map.physical,
        columns=target.map.physical,
        kernel=node.kernel,
        stride=node.stride,
        padding=node.padding,
        trailing=node.trailing,
    )


def placed_weights(layer: WeightedLayer, source: TensorLayout, target: TensorLayout) -> np.ndarray:
    """int8 (k, columns) of physical channels; 0 where either only pads."""
    taps = layer.k // source.shape[-1]
    found = np.zeros((taps, source.map.physical, target.map.physical), np.int8)
    weights = layer.weights.reshape(taps, source.shape[-1], target.shape[-1])
    found[:, source.map.positions[:, None], target.map.positions] = weights
    return found.reshape(-1, target.map.physical)


def parameter_bytes(requantization: Requantization, target: TensorLayout) -> bytes:
    """Bias, multiplier and shift of every physical channel."""
    channels = target.shape[-1]
    found = [Parameters(shift=1)] * target.map.physical
    values = (
        np.broadcast_to(x, channels)
        for x in (requantization.bias, requantization.multiplier, requantization.shift)
    )
    for place, bias, multiplier, shift in zip(target.map.positions, *values, strict=True):
        found[place] = Parameters(int(bias), int(multiplier), int(shift))
    return packed_parameters(found)


def packed_parameters(parameters: list[Parameters]) -> bytes:
    """As they lie in memory."""
    return b"".join(one.word().to_bytes(8, "little") for one in parameters)
