"""Layers of nodes that only move or scale elements, and how layers walk the tensors of a graph."""

from collections.abc import Iterator
from dataclasses import replace

from golden.integer.elementwise import Concatenation, Product, Sum
from golden.integer.fixed_point import Requantization
from golden.machine.config import MachineConfig
from golden.step.tensors import Tensor
from golden.step.vectors import IDENTITY, Layer, Pixels, pixelwise
from golden.vector.descriptor import Op


def pixels_of(tensor: Tensor) -> Pixels:
    """All pixels of a tensor, one after the other."""
    return Pixels(tensor.place, tensor.layout.element, tensor.layout.map.physical)


def scaling_fields(operation: Requantization, source: Tensor) -> dict[str, int]:
    """Of all elements alike, whose bias is minus the zero point."""
    return {
        "a_zero": source.layout.format.zero_point,
        "first_multiplier": int(operation.multiplier),
        "first_shift": int(operation.shift),
        "zero": operation.target.zero_point,
    }


def fields_of_two(operation: Sum | Product) -> dict[str, int]:
    """Of a layer with two operands."""
    fields = {
        "a_zero": operation.a.zero_point,
        "b_zero": operation.b.zero_point,
        "zero": operation.target.zero_point,
    }
    if isinstance(operation, Product):
        requantization = operation.requantization
        multiplier, shift = int(requantization.multiplier), int(requantization.shift)
        return fields | {"first_multiplier": multiplier, "first_shift": shift}
    (a, b), shift = operation.scaling
    return fields | {
        "first_multiplier": int(a),
        "second_multiplier": int(b),
        "first_shift": shift,
    }


def concatenated(
    operation: Concatenation, inputs: list[Tensor], target: Tensor, config: MachineConfig
) -> Iterator[Layer]:
    """A layer for either part."""
    first = 0
    whole = target.layout
    for part, scaling in zip(inputs, operation.requantizations, strict=True):
        physical = part.layout.map.physical
        place = target.place.at(first * whole.element.bytes)
        o = Pixels(place, whole.element, physical, whole.pixel_bytes)
        fields = scaling_fields(scaling, part)
        yield pixelwise(Op.SCALE, pixels_of(part), o, part.layout.pixels, config, fields=fields)
        first += physical


def upsampled(source: Tensor, target: Tensor, config: MachineConfig) -> Iterator[Layer]:
    """A layer for each of the four pixels that one becomes; groups are lines."""
    height, width, _ = source.layout.shape
    pixel = source.layout.pixel_bytes
    a = replace(pixels_of(source), group=width * pixel)
    for place in (0, pixel, 2 * width * pixel, (2 * width + 1) * pixel):
        o = replace(
            pixels_of(target), place=target.place.at(place), step=2 * pixel, group=4 * width * pixel
        )
        yield pixelwise(Op.SCALE, a, o, width, config, groups=height, fields=IDENTITY)


def unpatchified(
    source: Tensor, target: Tensor, patch: int, config: MachineConfig
) -> Iterator[Layer]:
    """A layer for each line of a patch, which lies in one piece on either side."""
    height, width, _ = source.layout.shape
    size, step = source.layout.element, source.layout.pixel_bytes
    line = patch * target.layout.pixel_bytes
    for number in range(patch):
        a = Pixels(source.place.at(number * line), size, line // size.bytes, step, width * step)
        place = target.place.at(number * width * line)
        o = Pixels(place, size, line // size.bytes, group=patch * width * line)
        yield pixelwise(Op.SCALE, a, o, width, config, groups=height, fields=IDENTITY)
