"""Vector layers whose three streams are pixels: everything but moving elements about.

A layer is cut into blocks of as many pixels as the vector unit's buffers hold.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.drafts import Draft, Place
from golden.vector.check import check_vector_layer
from golden.vector.descriptor import Op, Size, VectorDescriptor

MAX_COUNT = (1 << 16) - 1
"""Words of a transfer, transfers, pixels and blocks are counted in 16 bits."""
BLOCK_WORDS = 64
"""Bus words of a block's largest stream: short blocks let loads, sweeps and stores overlap."""
IDENTITY: Mapping[str, int] = {"first_multiplier": 2, "first_shift": 1}
"""y = a"""

Layer = tuple[VectorDescriptor, dict[str, Place]]
"""A descriptor without addresses, and its places by field."""


@dataclass(frozen=True)
class Pixels:
    """Pixels in memory as a layer walks them."""

    place: Place
    size: Size
    elements: int
    """Of a pixel, in whole bus words"""
    step: int = 0
    """Bytes from one pixel to the next; 0 where they follow each other"""
    group: int = 0
    """Bytes from one group's to the next's"""

    @property
    def bytes(self) -> int:
        """Of a pixel."""
        return self.elements * self.size.bytes

    @property
    def stride(self) -> int:
        """Bytes from one pixel to the next."""
        return self.step or self.bytes

    @property
    def dense(self) -> bool:
        """Whether pixels follow each other."""
        return self.stride == self.bytes

    def transfers(self, pixels: int, bus_bytes: int) -> tuple[int, int]:
        """Transfers of a block, and words of each."""
        words = self.bytes // bus_bytes
        return (1, pixels * words) if self.dense else (pixels, words)


def pixelwise(
    op: Op,
    a: Pixels,
    o: Pixels,
    pixels: int,
    config: MachineConfig,
    *,
    groups: int = 1,
    b: Pixels | None = None,
    b_vector: bool = False,
    places: Mapping[str, Place] | None = None,
    fields: Mapping[str, int] | None = None,
    block: int | None = None,
) -> Layer:
    """A layer of ``groups`` times ``pixels`` pixels; DittosimError if a pixel is too large.

    A ``block`` has as many pixels as fit, if it is not given.
    ``b_vector`` takes the one pixel of ``b`` for all of ``a``. ``places`` are those of parameters
    and table, ``fields`` all that has nothing to do with streams.
    """
    block = block or block_pixels(op, [x for x in (a, o, b) if x], pixels, config)
    blocks = -(-pixels // block)
    tail = pixels - (blocks - 1) * block
    bus = config.bus_bytes
    a_count, a_words = a.transfers(block, bus)
    a_tail_count, a_tail_words = a.transfers(tail, bus)
    o_count, o_words = o.transfers(block, bus)
    o_tail_count, o_tail_words = o.transfers(tail, bus)
    others = dict(fields or {})
    where = {"a_address": a.place, "o_address": o.place, **(places or {})}
    if b:
        assert b.dense, "b is one transfer"
        _, b_words = b.transfers(1 if b_vector else block, bus)
        _, b_tail_words = b.transfers(1 if b_vector else tail, bus)
        others |= {
            "b_vector": int(b_vector),
            "b_size": b.size,
            "b_block": 0 if b_vector else block * b.stride,
            "b_words": b_words,
            "b_tail_words": b_tail_words,
        }
        where["b_address"] = b.place
    descriptor = VectorDescriptor(
        op=op,
        a_size=a.size,
        o_size=o.size,
        a_address=0,
        o_address=0,
        a_group=a.group,
        a_block=block * a.stride,
        a_stride=0 if a.dense else a.stride,
        o_group=o.group,
        o_block=block * o.stride,
        o_stride=0 if o.dense else o.stride,
        a_count=a_count,
        a_tail_count=a_tail_count,
        a_words=a_words,
        a_tail_words=a_tail_words,
        o_count=o_count,
        o_tail_count=o_tail_count,
        o_words=o_words,
        o_tail_words=o_tail_words,
        groups=groups,
        blocks=blocks,
        pixels=block,
        tail_pixels=tail,
        rows=o.elements // config.vector_lanes,
        **others,
    )
    return descriptor, where


def block_pixels(op: Op, streams: list[Pixels], pixels: int, config: MachineConfig) -> int:
    """Pixels of a block; DittosimError if not even one fits."""
    limit = min(config.vector_words, MAX_COUNT)
    if op is Op.SOFTMAX:
        # The powers lie where b would.
        streams = [*streams, replace(streams[0], size=Size.BITS_16)]
    largest = max(streams, key=lambda stream: stream.bytes)
    words = largest.bytes // config.bus_bytes
    if words > limit:
        raise DittosimError(
            f"{largest.elements} elements of {8 * largest.size.bytes} bits are {words} bus words, "
            f"more than vector_words = {config.vector_words}; use a machine with more"
        )
    if op in (Op.PIXELS, Op.SOFTMAX):
        # The more pixels, the less their reciprocals count, which are made at once.
        return min(pixels, limit // words, config.vector_lanes)
    return min(pixels, max(1, min(limit, BLOCK_WORDS) // words), MAX_COUNT)


def elementwise(
    op: Op,
    a: Pixels,
    o: Pixels,
    pixels: int,
    config: MachineConfig,
    *,
    b: Pixels | None = None,
    b_vector: bool = False,
    places: Mapping[str, Place] | None = None,
    fields: Mapping[str, int] | None = None,
) -> Layer:
    """A layer that takes all elements alike: pixels too large are cut up unless b is one pixel."""
    streams = [x for x in (a, o, b) if x]
    limit = config.vector_words * config.bus_bytes
    if not b_vector and all(x.dense for x in streams) and max(x.bytes for x in streams) > limit:
        unit = config.bus_bytes
        pixels *= o.elements // unit
        a, o = replace(a, elements=unit), replace(o, elements=unit)
        b = replace(b, elements=unit) if b else None
    return pixelwise(op, a, o, pixels, config, b=b, b_vector=b_vector, places=places, fields=fields)


def vector_drafts(
    name: str, node: str, layers: Iterable[Layer], config: MachineConfig
) -> Iterator[Draft]:
    """Layers as drafts of one name; DittosimError if the machine cannot run one."""
    for descriptor, places in layers:
        check_vector_layer(descriptor, config)
        yield Draft(name, node, descriptor, places)
