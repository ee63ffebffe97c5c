"""Which descriptors of vector layers a machine can run."""

from collections.abc import Iterator

from golden.errors import DittosimError
from golden.integer.normalization import EPSILON_BITS, MAX_DIVISION, MAX_GROUP, division
from golden.machine.config import MachineConfig
from golden.vector.block import Block
from golden.vector.descriptor import (
    COUNTERS,
    MAGIC,
    PARAMETER_BYTES,
    STEPS,
    Op,
    Size,
    VectorDescriptor,
)

NORMALIZATIONS = (Op.GROUPS, Op.PIXELS)
TABLE_OPS = (Op.SCALE, Op.SUM, Op.PRODUCT, *NORMALIZATIONS)
POWER_BYTES = 2
"""Of an element of softmax: the unit keeps a block's where b would lie"""


def check_vector_layer(layer: VectorDescriptor, config: MachineConfig) -> None:
    """Raises DittosimError, which names field and limit, if ``config`` cannot run ``layer``."""
    layer.pack()
    if layer.magic != MAGIC:
        raise _wrong(layer, "magic", f"must be {MAGIC:#x}")
    if layer.op not in tuple(Op):
        raise _wrong(layer, "op", f"must be at most {max(Op)}")
    _check_sizes(layer)
    for name in _counters(layer):
        if getattr(layer, name) == 0:
            raise _wrong(layer, name, f"must be at least 1 for {_op(layer)}")
    for name in (*_addresses(layer), *STEPS):
        if getattr(layer, name) % config.bus_bytes:
            raise _wrong(layer, name, f"must be a multiple of bus_bytes ({config.bus_bytes})")
    _check_pixel(layer, config)
    for tail in (False, True):
        block = Block.of(layer, tail=tail)
        _check_buffers(layer, block, config)
        # With one block per group the fields of the others are never used.
        if tail or layer.blocks > 1:
            _check_streams(layer, block, config)
    _check_arithmetic(layer)


def _wrong(layer: VectorDescriptor, name: str, rule: str) -> DittosimError:
    return DittosimError(f"vector layer: {name} = {getattr(layer, name)}: {rule}")


def _op(layer: VectorDescriptor) -> str:
    return Op(layer.op).name.lower()


def _check_sizes(layer: VectorDescriptor) -> None:
    """Of elements, and what goes with a table."""
    for name in ("a_size", "o_size", "b_size"):
        if getattr(layer, name) > Size.BITS_32:
            raise _wrong(layer, name, f"must be at most {Size.BITS_32:d} (32 bits)")
    if layer.b_size == Size.BITS_32:
        raise _wrong(layer, "b_size", f"must be at most {Size.BITS_16:d} (16 bits)")
    if layer.op == Op.GATHER:
        if layer.o_size != layer.a_size:
            raise _wrong(layer, "o_size", f"must be a_size ({layer.a_size:d}) for gather")
    elif layer.o_size == Size.BITS_32:
        raise _wrong(
            layer, "o_size", f"must be at most {Size.BITS_16:d} (16 bits) for {_op(layer)}"
        )
    if layer.a_size == Size.BITS_32 and layer.op not in (Op.SCALE, Op.GATHER) and not layer.fused:
        raise _wrong(
            layer, "a_size", f"must be at most {Size.BITS_16:d} (16 bits) for {_op(layer)}"
        )
    if layer.per_channel and layer.op != Op.SCALE and not layer.fused:
        raise _wrong(layer, "per_channel", f"must be 0 for {_op(layer)}")
    if layer.table and layer.op not in TABLE_OPS:
        raise _wrong(layer, "table", f"must be 0 for {_op(layer)}")


def _counters(layer: VectorDescriptor) -> Iterator[str]:
    """Fields that must not be zero."""
    yield from COUNTERS
    if layer.op in (Op.SUM, Op.PRODUCT):
        yield from ("b_words", "b_tail_words")
    elif layer.b_words:
        yield "b_tail_words"
    if layer.op in NORMALIZATIONS:
        yield from ("p_words", "count", "epsilon")
    elif layer.per_channel:
        yield "p_words"
    if layer.op in (Op.SUM, Op.PRODUCT, Op.SOFTMAX) or (
        layer.op == Op.SCALE and not layer.per_channel
    ):
        yield "first_shift"
    if layer.op == Op.SOFTMAX:
        yield from ("valid", "second_shift")


def _addresses(layer: VectorDescriptor) -> Iterator[str]:
    """Addresses from which something is loaded, or to which it is stored."""
    yield from ("a_address", "o_address")
    if layer.b_words or layer.b_tail_words:
        yield "b_address"
    if layer.p_words:
        yield "p_address"
    if layer.table or layer.op == Op.SOFTMAX:
        yield "t_address"


def _check_pixel(layer: VectorDescriptor, config: MachineConfig) -> None:
    """Channels, and the parameters they bring."""
    channels = layer.rows * config.vector_lanes
    if layer.fused:
        _check_fused(layer)
        channels *= layer.groups
    if layer.op == Op.GROUPS and layer.groups != 1:
        raise _wrong(layer, "groups", "must be 1 for groups, which has all blocks in one")
    if (layer.p_words or layer.op == Op.GROUPS) and channels > config.vector_channels:
        raise _wrong(
            layer,
            "rows",
            f"rows * vector_lanes must be at most vector_channels ({config.vector_channels})",
        )
    words = channels * PARAMETER_BYTES // config.bus_bytes
    if layer.p_words not in (0, words):
        raise _wrong(layer, "p_words", f"must be the {words} bus words of {channels} channels")
    if channels * Size(layer.o_size).bytes % config.bus_bytes:
        raise _wrong(layer, "rows", "a pixel of the output must be whole bus words")


def _check_fused(layer: VectorDescriptor) -> None:
    """What the output of a product can be."""
    if layer.op not in (Op.SCALE, Op.SUM) or not layer.per_channel:
        raise _wrong(layer, "fused", "must be 0 but for scale and sum with per_channel")
    if layer.op == Op.SUM and layer.b_size != Size.BITS_16:
        raise _wrong(layer, "b_size", f"must be {Size.BITS_16:d} (16 bits) for fused layers")
    if layer.a_size != Size.BITS_32:
        raise _wrong(layer, "a_size", f"must be {Size.BITS_32:d} (32 bits) for fused layers")
    for name in ("a_count", "a_tail_count"):
        if getattr(layer, name) != 1:
            raise _wrong(layer, name, "must be 1 for fused layers")


def _check_buffers(layer: VectorDescriptor, block: Block, config: MachineConfig) -> None:
    """A block's streams fit."""
    for count, words in (("a_count", "a_words"), ("", "b_words"), ("o_count", "o_words")):
        total = getattr(block, words) * (getattr(block, count) if count else 1)
        if total > config.vector_words:
            product = f"{block.name(count)} * {block.name(words)} " if count else ""
            raise _wrong(
                layer,
                block.name(words),
                f"{product}must be at most vector_words ({config.vector_words})",
            )


def _check_streams(layer: VectorDescriptor, block: Block, config: MachineConfig) -> None:
    """A block's streams hold what its pixels take and give."""
    channels = layer.rows * config.vector_lanes
    elements = block.pixels * channels
    taken = elements
    if layer.op in (Op.PIXELS, Op.SOFTMAX) and block.pixels > config.vector_lanes:
        raise _wrong(
            layer, block.name("pixels"), f"must be at most vector_lanes ({config.vector_lanes})"
        )
    if layer.op == Op.GATHER:
        taken = 0
        if block.valid:
            taken = (block.pixels - 1) * layer.outer_step
            taken += (block.valid - 1) * layer.inner_step + 1
    if layer.op in (Op.GATHER, Op.SOFTMAX):
        name = block.name("valid") if layer.op == Op.GATHER else "valid"
        if getattr(layer, name) > channels:
            raise _wrong(layer, name, f"must be at most rows * vector_lanes ({channels})")
    needed = [("a", block.a_count * block.a_words, taken)]
    if layer.op in (Op.SUM, Op.PRODUCT):
        needed.append(("b", block.b_words, channels if layer.b_vector else elements))
    if layer.op == Op.SOFTMAX and elements * POWER_BYTES > config.vector_words * config.bus_bytes:
        raise _wrong(
            layer,
            block.name("pixels"),
            f"{elements} powers of {POWER_BYTES} bytes must be at most vector_words "
            f"({config.vector_words})",
        )
    for stream, words, count in needed:
        held = words * config.bus_bytes // Size(getattr(layer, f"{stream}_size")).bytes
        if held < count:
            raise _wrong(
                layer,
                block.name(f"{stream}_words"),
                f"a block's {held} elements of {stream} must be at least {count}",
            )
    words = elements * Size(layer.o_size).bytes // config.bus_bytes
    if block.o_count * block.o_words != words:
        raise _wrong(
            layer,
            block.name("o_words"),
            f"{block.name('o_count')} * {block.name('o_words')} must be the {words} bus words of "
            f"{block.name('pixels')}",
        )


def _check_arithmetic(layer: VectorDescriptor) -> None:
    """Constants within the widths of docs/arithmetic.md."""
    if layer.op == Op.SOFTMAX and layer.first_multiplier < 0:
        raise _wrong(layer, "first_multiplier", "must be at least 0 for softmax")
    if layer.op in NORMALIZATIONS:
        if layer.count > MAX_GROUP:
            raise _wrong(layer, "count", f"must be at most {MAX_GROUP}")
        least = division(layer.count)
        if not least <= layer.division <= least + MAX_DIVISION:
            raise _wrong(
                layer, "division", f"must be {least} to {least + MAX_DIVISION} for this count"
            )
        if layer.epsilon > 1 << EPSILON_BITS:
            raise _wrong(layer, "epsilon", f"must be at most 2 ** {EPSILON_BITS}")
