"""Descriptors of vector layers that break a rule of the hardware each, and what is said of them."""

from collections.abc import Iterator

import numpy as np

from golden.machine.config import MachineConfig
from golden.vector.descriptor import (
    COUNTERS,
    FIELDS,
    PARAMETER_BYTES,
    STEPS,
    Op,
    Size,
    VectorDescriptor,
)
from rtl.scheduler.vector_check import ADDRESSES
from tb.stimuli.descriptor_rules import Case

BITS = {field.name: field.bits for field in FIELDS}
PRODUCTS = [(stream, tail) for stream in "ao" for tail in ("", "tail_")]
"""Streams whose transfers times words must fit a buffer"""
DRAWN_PRODUCTS = 80
"""Pairs of factors that are drawn for each of them"""
PARAMETRIC: dict[str, dict[str, int]] = {
    "scale per channel": {"op": Op.SCALE, "per_channel": 1},
    "groups": {"op": Op.GROUPS},
    "pixels": {"op": Op.PIXELS},
}
"""What takes parameters of channels"""
FUSED = (Op.SCALE, Op.SUM)
"""What the output stage does"""
SUMMED = (Op.PIXELS, Op.SOFTMAX)
"""What adds up pixels, each with a reciprocal unit of its own"""


def _parameter_words(config: MachineConfig) -> int:
    """Bus words of the parameters of all channels that a machine holds."""
    return config.vector_channels * PARAMETER_BYTES // config.bus_bytes


def plain_layer(config: MachineConfig) -> VectorDescriptor:
    """A sum of two blocks of one pixel, which loads all that there is to load; it breaks no rule.

    Its addresses are all 0, and its parameters are no more than a machine holds.
    """
    rows = config.bus_bytes // config.vector_lanes
    channels = rows * config.vector_lanes
    parameter_words = channels * PARAMETER_BYTES // config.bus_bytes
    return VectorDescriptor(
        op=Op.SUM,
        table=1,
        a_size=Size.BITS_8,
        o_size=Size.BITS_8,
        a_address=0,
        o_address=0,
        a_block=config.bus_bytes,
        b_block=config.bus_bytes,
        o_block=config.bus_bytes,
        **dict.fromkeys(("a_count", "a_tail_count", "a_words", "a_tail_words"), 1),
        **dict.fromkeys(("o_count", "o_tail_count", "o_words", "o_tail_words"), 1),
        **dict.fromkeys(("b_words", "b_tail_words", "pixels", "tail_pixels"), 1),
        p_words=parameter_words if channels <= config.vector_channels else 0,
        blocks=2,
        rows=rows,
        first_multiplier=20000,
        second_multiplier=-15000,
        first_shift=15,
    )


def broken(layer: VectorDescriptor, config: MachineConfig) -> Iterator[Case]:
    """Every rule of :mod:`rtl.scheduler.vector_check`, broken as little as possible.

    ``layer`` is a :func:`plain_layer`, perhaps with other addresses.
    """
    words, held = config.vector_words, config.vector_channels // config.vector_lanes
    lanes, parameters = config.vector_lanes, _parameter_words(config)
    yield Case("op", {"op": max(Op) + 1})
    alone = {"fused": 1, "b_words": 0, "b_tail_words": 0}
    for op in Op:
        if op not in FUSED:
            yield Case(f"fused {op.name.lower()}", {"op": op, **alone})
    yield Case("fused scale with b", {"op": Op.SCALE, "fused": 1})
    yield Case("b_words = 0 of fused sum", {"op": Op.SUM, **alone})
    yield Case("p_words = 0 of fused scale", {"op": Op.SCALE, "p_words": 0, **alone})
    yield Case("p_words = 0 of fused sum", {"op": Op.SUM, "p_words": 0, "fused": 1})
    for field in COUNTERS:
        yield Case(f"{field} = 0", {field: 0})
    for op in (Op.SUM, Op.PRODUCT):
        yield Case(f"b_words = 0 of {op.name.lower()}", {"op": op, "b_words": 0})
        both = {"op": op, "b_words": 0, "b_tail_words": 0}
        yield Case(f"b_words = b_tail_words = 0 of {op.name.lower()}", both)
    yield Case("b_tail_words = 0 beside b_words", {"op": Op.SCALE, "b_tail_words": 0})
    for name, changes in PARAMETRIC.items():
        yield Case(f"p_words = 0 of {name}", {"p_words": 0, **changes})
        if held + 1 < 1 << BITS["rows"]:
            yield Case(f"rows > {held} of {name}", {"rows": held + 1, "p_words": 1, **changes})
    for stream, tail in PRODUCTS:
        count, size = f"{stream}_{tail}count", f"{stream}_{tail}words"
        yield Case(f"{count} * {size} > {words}", {count: 2, size: words // 2 + 1})
        if words + 1 < 1 << BITS[count]:
            yield Case(f"{count} * {size} = {words + 1}", {count: words + 1, size: 1})
    for field in ("b_words", "b_tail_words"):
        if words + 1 < 1 << BITS[field]:
            yield Case(f"{field} > {words}", {field: words + 1})
    if parameters + 1 < 1 << BITS["p_words"]:
        yield Case(f"p_words > {parameters}", {"p_words": parameters + 1})
    for field in ("a_size", "o_size"):
        yield Case(f"{field} > 32 bits", {field: Size.BITS_32 + 1})
    yield Case("b_size > 16 bits", {"b_size": Size.BITS_32})
    yield Case("groups = 2 of groups", {"op": Op.GROUPS, "groups": 2, "rows": 1, "p_words": 1})
    for op in SUMMED:
        for field in ("pixels", "tail_pixels"):
            changes = {"op": op, "rows": 1, "p_words": 1, field: lanes + 1}
            yield Case(f"{field} > {lanes} of {op.name.lower()}", changes)
    for field in (*ADDRESSES, *STEPS):
        yield Case(f"{field} misaligned", {field: getattr(layer, field) + config.bus_bytes // 2})


def products(config: MachineConfig, rng: np.random.Generator) -> Iterator[Case]:
    """Transfers times words of any factors, just as much as fits and a little more."""
    most = config.vector_words
    for _ in range(DRAWN_PRODUCTS):
        for stream, tail in PRODUCTS:
            fields = [f"{stream}_{tail}count", f"{stream}_{tail}words"]
            one, other = rng.permutation(fields).tolist()
            drawn = int(rng.integers(1, 1 << int(rng.integers(1, most.bit_length() + 1))))
            factor = min(drawn, most)
            for name, more in (("fits", 0), ("does not fit", 1)):
                changes = {one: factor, other: most // factor + more}
                yield Case(f"{stream}_{tail}product {name}", changes)


def kept(config: MachineConfig) -> Iterator[Case]:
    """Every rule that can be kept only just: the value beside the broken one."""
    words, held = config.vector_words, config.vector_channels // config.vector_lanes
    lanes, parameters = config.vector_lanes, _parameter_words(config)
    yield from (Case(f"op = {op.name.lower()}", {"op": op, "rows": 1, "p_words": 1}) for op in Op)
    for field in COUNTERS:
        yield Case(f"{field} = 1", {field: 1})
    alone = {"fused": 1, "b_words": 0, "b_tail_words": 0}
    yield Case("fused scale", {"op": Op.SCALE, "p_words": 1, **alone})
    yield Case("fused sum", {"op": Op.SUM, "p_words": 1, "fused": 1})
    nothing = {"b_words": 0, "b_tail_words": 0, "p_words": 0}
    yield Case("no b, no parameters", {"op": Op.SCALE, **nothing})
    yield Case("b_tail_words beside no b_words", {"op": Op.GATHER, "b_words": 0})
    for name, changes in PARAMETRIC.items():
        if held:
            yield Case(f"rows = {held} of {name}", {"rows": held, "p_words": 1, **changes})
    yield Case("rows without a limit", {"op": Op.SCALE, "rows": (1 << BITS["rows"]) - 1})
    for stream, tail in PRODUCTS:
        count, size = f"{stream}_{tail}count", f"{stream}_{tail}words"
        yield Case(f"{count} * {size} = {words}", {count: 2, size: words // 2})
    for field in ("b_words", "b_tail_words"):
        if words < 1 << BITS[field]:
            yield Case(f"{field} = {words}", {field: words})
    if 0 < parameters < 1 << BITS["p_words"]:
        yield Case(f"p_words = {parameters}", {"p_words": parameters})
    for op in SUMMED:
        changes = {"op": op, "rows": 1, "p_words": 1, "pixels": lanes, "tail_pixels": lanes}
        yield Case(f"pixels = tail_pixels = {lanes} of {op.name.lower()}", changes)
    for field in ("a_size", "o_size"):
        yield Case(f"{field} = 32 bits", {field: Size.BITS_32})
    yield Case("b_size = 16 bits", {"b_size": Size.BITS_16})
    yield Case("groups without a limit", {"groups": (1 << BITS["groups"]) - 1})
    for field in (*ADDRESSES, *STEPS):
        yield Case(f"{field} at the end", {field: (1 << 32) - config.bus_bytes})


def verdict(layer: VectorDescriptor, config: MachineConfig) -> tuple[str, int]:
    """Name of the error and address of the first rule that a descriptor breaks.

    The address is 0 where the rule is of no address; ("none", 0) if it breaks none.
    """
    words, held = config.vector_words, config.vector_channels // config.vector_lanes
    parametric = layer.op in (Op.GROUPS, Op.PIXELS) or bool(layer.per_channel)
    takes_b = layer.op in (Op.SUM, Op.PRODUCT)
    surplus = layer.op == Op.SCALE and layer.b_words
    if layer.op > max(Op) or (layer.fused and (layer.op not in FUSED or surplus)):
        return "unknown_mode", 0
    if any(getattr(layer, field) == 0 for field in COUNTERS):
        return "zero_size", 0
    if (takes_b and not layer.b_words) or ((takes_b or layer.b_words) and not layer.b_tail_words):
        return "zero_size", 0
    if (parametric or layer.fused) and not layer.p_words:
        return "zero_size", 0
    fits = [
        getattr(layer, f"{stream}_{tail}count") * getattr(layer, f"{stream}_{tail}words") <= words
        for stream, tail in PRODUCTS
    ]
    fits += [layer.b_words <= words, layer.b_tail_words <= words]
    fits += [layer.p_words <= _parameter_words(config)]
    fits += [not parametric or layer.rows <= held, max(layer.a_size, layer.o_size) <= Size.BITS_32]
    fits += [layer.b_size <= Size.BITS_16, layer.op != Op.GROUPS or layer.groups == 1]
    if layer.op in SUMMED:
        fits += [max(layer.pixels, layer.tail_pixels) <= config.vector_lanes]
    if not all(fits):
        return "too_large", 0
    for field in ADDRESSES:
        if getattr(layer, field) % config.bus_bytes:
            return "misaligned", getattr(layer, field)
    if any(getattr(layer, field) % config.bus_bytes for field in STEPS):
        return "misaligned", 0
    return "none", 0
