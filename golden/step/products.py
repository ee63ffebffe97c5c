"""Matrix products as the array takes them from physical tensors, and what becomes of their sums."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.lowering import rows_shape
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.difference.layer import WeightedLayer
from golden.errors import DittosimError
from golden.integer.fixed_point import Requantization
from golden.machine.config import MachineConfig
from golden.network.nodes import Conv2d
from golden.step.drafts import Draft, Place, ProductOf
from golden.step.tensors import Tensor, TensorLayout
from golden.step.vectors import BLOCK_WORDS, MAX_COUNT, Layer, Pixels, pixelwise
from golden.vector.descriptor import Op, Parameters, Size


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


def requantized_sums(
    plan: Plan,
    sums: Place,
    target: Tensor,
    fields: Mapping[str, int],
    parameters: Place | None = None,
    table: Place | None = None,
) -> Iterator[Layer]:
    """Layers from the sums of a product to a tensor.

    ``fields`` say how, of all channels alike unless there are ``parameters``.
    """
    config, layout, rows = plan.config, target.layout, plan.shape.rows
    columns, last = plan.group_columns, plan.last_group_columns
    size = layout.element
    if parameters and min(columns, plan.shape.columns) > config.vector_channels:
        raise DittosimError(
            f"{min(columns, plan.shape.columns)} channels side by side are more than "
            f"vector_channels = {config.vector_channels}; use a machine with more"
        )
    runs = [(0, plan.groups, columns)]
    if last != columns:
        runs = [(0, plan.groups - 1, columns), (plan.groups - 1, 1, last)]
    for first, groups, width in runs:
        if not groups:
            continue
        source = sums.at(first * rows * columns * 4)
        place = target.place.at(first * columns * size.bytes)
        places = {}
        if parameters:
            places["p_address"] = parameters.at(first * columns * 8)
        if table:
            places["t_address"] = table
        yield pixelwise(
            Op.SCALE,
            Pixels(source, Size.BITS_32, width, group=rows * width * 4),
            Pixels(place, size, width, layout.pixel_bytes, width * size.bytes),
            rows,
            config,
            groups=groups,
            places=places,
            fields={
                **fields,
                "per_channel": int(parameters is not None),
                "p_words": width * 8 // config.bus_bytes if parameters else 0,
                "p_group": width * 8 if parameters else 0,
                "table": int(table is not None),
            },
        )


def fused_pixels(plan: Plan, *, stored: bool) -> int:
    """Pixels of a block in which a product's results can pass the vector unit; 0: they cannot.

    Groups are all alike, one after the other, and blocks are those of the product's passes or, if
    its sums are not ``stored`` besides, parts of them.
    """
    config, shape = plan.config, plan.shape
    if plan.groups > 1 and plan.last_group_columns != plan.group_columns:
        return 0
    if plan.groups > 1 and plan.row_blocks > 1 and plan.rows_outer:
        return 0
    if shape.columns > config.vector_channels:
        return 0
    words = min(plan.group_columns, shape.columns) * Size.BITS_32.bytes // config.bus_bytes
    most = min(config.vector_words, MAX_COUNT) // words
    rows = plan.block_rows(0)
    if stored:
        return rows if rows <= most else 0
    most = min(rows, most, max(1, BLOCK_WORDS // words)) if most else 0
    return next(pixels for pixels in range(most, 0, -1) if rows % pixels == 0) if most else 0


def fused_output(
    plan: Plan,
    target: Tensor,
    fields: Mapping[str, int],
    parameters: Place,
    table: Place | None,
    block: int,
) -> Layer:
    """The layer that takes the results of the product behind it to a tensor."""
    config, layout, rows = plan.config, target.layout, plan.shape.rows
    size, physical = layout.element, plan.shape.columns
    width = min(plan.group_columns, physical)
    places = {"p_address": parameters}
    if table:
        places["t_address"] = table
    descriptor, where = pixelwise(
        Op.SCALE,
        Pixels(target.place, Size.BITS_32, width),
        Pixels(target.place, size, width, layout.pixel_bytes, width * size.bytes),
        rows,
        config,
        groups=plan.groups,
        places=places,
        fields={
            **fields,
            "per_channel": 1,
            "p_words": physical * 8 // config.bus_bytes,
            "table": int(table is not None),
            "fused": 1,
        },
        block=block,
    )
    del where["a_address"]
    return descriptor, where
