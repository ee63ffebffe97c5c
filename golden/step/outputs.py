"""What becomes of the sums of products: tensors, written as they leave the array if possible."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from golden.accelerator.plan import Plan
from golden.errors import DittosimError
from golden.step.drafts import Draft, Place, ProductOf
from golden.step.products import product_draft
from golden.step.vectors import BLOCK_WORDS, MAX_COUNT, Layer, Pixels, pixelwise, vector_drafts
from golden.vector.descriptor import Op, Size


@dataclass(frozen=True)
class Addend:
    """What is added to a product's output on its way out, 16 bits."""

    place: Place
    pixel: bool
    """One pixel is added to all; else it lies as the sum does"""
    fields: Mapping[str, int]
    """Zero points, multipliers and shift of the sum"""


@dataclass(frozen=True)
class Output:
    """The tensor that a product's sums become, or a head's part of it."""

    place: Place
    size: Size
    """Of an element"""
    step: int
    """Bytes from one pixel to the next"""
    zero: int
    """Its zero point"""
    parameters: Place
    """Bias, multiplier and shift of every channel"""
    table: Place | None = None
    alike: Mapping[str, int] | None = None
    """Multiplier and shift if they are the same for all channels, which have no bias"""
    addend: Addend | None = None
    """Of fused layers; ``place``, ``size``, ``step`` and ``table`` are then those of the sum"""


def with_output(
    product: ProductOf,
    node: str,
    zero_point: int,
    places: dict[str, Place],
    output: Output,
    name: str,
    label: str,
    *,
    stored: bool,
) -> Iterator[Draft]:
    """A product and the layer that takes its sums to ``output``.

    ``name`` is the product's, ``label`` the vector layer's. Sums that are not ``stored`` have no
    place where the layers are fused.
    """
    plan = product.plan
    config = plan.config
    block = fused_pixels(plan, stored=stored)
    if not block:
        yield product_draft(name, node, product, zero_point, places)
        layers = requantized_sums(plan, places["results"], output)
        yield from vector_drafts(f"{label}:requantized", node, layers, config)
        return
    yield from vector_drafts(f"{label}:output", node, [fused_output(plan, output, block)], config)
    if not stored:
        places = {key: place for key, place in places.items() if key != "results"}
    flags = {"output": 1, "discard": int(not stored)}
    yield product_draft(name, node, product, zero_point, places, **flags)


def requantized_sums(plan: Plan, sums: Place, output: Output) -> Iterator[Layer]:
    """Layers from the sums of a product to its output."""
    config, rows, size = plan.config, plan.shape.rows, output.size
    columns, last = plan.group_columns, plan.last_group_columns
    per_channel = output.alike is None
    if per_channel and min(columns, plan.shape.columns) > config.vector_channels:
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
        place = output.place.at(first * columns * size.bytes)
        places, fields = {}, dict(output.alike or {})
        if per_channel:
            places["p_address"] = output.parameters.at(first * columns * 8)
            words = width * 8
            fields = {"per_channel": 1, "p_words": words // config.bus_bytes, "p_group": words}
        if output.table:
            places["t_address"] = output.table
        yield pixelwise(
            Op.SCALE,
            Pixels(source, Size.BITS_32, width, group=rows * width * 4),
            Pixels(place, size, width, output.step, width * size.bytes),
            rows,
            config,
            groups=groups,
            places=places,
            fields={**fields, "zero": output.zero, "table": int(output.table is not None)},
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


def fused_output(plan: Plan, output: Output, block: int) -> Layer:
    """The layer that takes the results of the product behind it to its output."""
    config, size, physical = plan.config, output.size, plan.shape.columns
    width = min(plan.group_columns, physical)
    places = {"p_address": output.parameters}
    if output.table:
        places["t_address"] = output.table
    addend = output.addend
    descriptor, where = pixelwise(
        Op.SUM if addend else Op.SCALE,
        Pixels(output.place, Size.BITS_32, width),
        Pixels(output.place, size, width, output.step, width * size.bytes),
        plan.shape.rows,
        config,
        groups=plan.groups,
        places=places,
        fields={
            "zero": output.zero,
            "per_channel": 1,
            "p_words": physical * 8 // config.bus_bytes,
            "table": int(output.table is not None),
            "fused": 1,
            **(addend.fields if addend else {}),
        },
        block=block,
    )
    del where["a_address"]
    if addend:
        pixel = width * Size.BITS_16.bytes
        words = pixel // config.bus_bytes
        tail = 1 if addend.pixel else descriptor.tail_pixels
        descriptor = replace(
            descriptor,
            b_vector=int(addend.pixel),
            b_size=Size.BITS_16,
            b_words=words * (1 if addend.pixel else descriptor.pixels),
            b_tail_words=words * tail,
            b_block=pixel if addend.pixel else 0,
        )
        where["b_address"] = addend.place
    return descriptor, where
