"""The descriptor of a vector layer: what the vector unit reads from memory to run it.

As long as that of a matrix product (:mod:`golden.accelerator.descriptor`), so that both lie in one
queue; the magic number tells them apart.
"""

from dataclasses import dataclass, fields
from enum import IntEnum

from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Field, packed

MAGIC = 0xD171
TABLE_BYTES = 512
"""256 entries of 16 bits"""
PARAMETER_BYTES = 8
"""Of a channel: see :class:`Parameters`"""


class Op(IntEnum):
    """What a vector layer does with its elements (docs/vector.md)."""

    SCALE = 0
    """Requantization"""
    SUM = 1
    PRODUCT = 2
    GROUPS = 3
    """Normalization of groups of channels over all pixels"""
    PIXELS = 4
    """Normalization of each pixel"""
    SOFTMAX = 5
    GATHER = 6
    """Elements in another order"""


class Size(IntEnum):
    """Bits of an element."""

    BITS_8 = 0
    BITS_16 = 1
    BITS_32 = 2

    @property
    def bytes(self) -> int:
        """Bytes of an element."""
        return 1 << self


FIELDS = (
    Field("magic", 16, "0xD171"),
    Field("op", 8, "0 scale, 1 sum, 2 product, 3 groups, 4 pixels, 5 softmax, 6 gather"),
    Field("per_channel", 1, "1: bias, multiplier and shift of scale come from the parameters"),
    Field("interrupt", 1, "1: raise the interrupt when the layer is done"),
    Field("table", 1, "1: the 8-bit result is replaced by its entry of the table"),
    Field("b_vector", 1, "1: b is one pixel, taken again for every pixel of a"),
    Field("a_size", 2, "bits of an element of a: 0 8, 1 16, 2 32"),
    Field("o_size", 2, "bits of an element of the output"),
    Field("b_size", 2, "bits of an element of b"),
    Field("a_address", 32, "byte address of a"),
    Field("b_address", 32, "byte address of b"),
    Field("o_address", 32, "byte address of the output"),
    Field("p_address", 32, "byte address of the parameters"),
    Field("t_address", 32, "byte address of the table"),
    Field("a_group", 32, "bytes from one group's a to the next's"),
    Field("a_block", 32, "bytes from one block's a to the next's"),
    Field("a_stride", 32, "bytes from one transfer of a to the next"),
    Field("b_block", 32, "bytes from one block's b to the next's"),
    Field("o_group", 32, "bytes from one group's output to the next's"),
    Field("o_block", 32, "bytes from one block's output to the next's"),
    Field("o_stride", 32, "bytes from one transfer of the output to the next"),
    Field("p_group", 32, "bytes from one group's parameters to the next's"),
    Field("a_count", 16, "transfers of a block's a"),
    Field("a_tail_count", 16, "... of the last block"),
    Field("a_words", 16, "bus words of a transfer of a"),
    Field("a_tail_words", 16, "... of the last block"),
    Field("b_words", 16, "bus words of a block's b; 0: there is none"),
    Field("b_tail_words", 16, "... of the last block"),
    Field("o_count", 16, "transfers of a block's output"),
    Field("o_tail_count", 16, "... of the last block"),
    Field("o_words", 16, "bus words of a transfer of the output"),
    Field("o_tail_words", 16, "... of the last block"),
    Field("p_words", 16, "bus words of a group's parameters; 0: there are none"),
    Field("groups", 16, "groups of blocks"),
    Field("blocks", 16, "blocks of a group"),
    Field("pixels", 16, "pixels of a block; of softmax rows, of gather lines"),
    Field("tail_pixels", 16, "... of the last block"),
    Field("rows", 16, "a pixel's elements / lanes; of gather a line's"),
    Field("valid", 16, "of softmax elements of a row; of gather of a line, 0 behind them"),
    Field("tail_valid", 16, "... of the last block (gather)"),
    Field("outer_step", 16, "gather: elements of a from one line's first to the next's"),
    Field("inner_step", 16, "gather: elements of a from one to the next within a line"),
    Field("a_zero", 16, "zero point of a", signed=True),
    Field("b_zero", 16, "zero point of b", signed=True),
    Field("zero", 16, "zero point of the output, or of the table's input", signed=True),
    Field("first_multiplier", 17, "see docs/vector.md", signed=True),
    Field("second_multiplier", 17, "see docs/vector.md", signed=True),
    Field("first_shift", 6, "see docs/vector.md"),
    Field("second_shift", 6, "see docs/vector.md"),
    Field("division", 6, "d of a normalization"),
    Field("count", 25, "N of a normalization"),
    Field("epsilon", 62, "E of a normalization"),
    Field("fused", 1, "1: a is not loaded: it is the results of the product that follows"),
    Field("products", 2, "products before it that may still be under way when it starts"),
    Field(
        "results_first",
        16,
        "transfers of the last product's output that must be in memory before the first block is "
        "loaded; 0: that product is not waited for",
    ),
    Field("results_step", 16, "... besides for each further block"),
    Field("waits_vector", 1, "1: a fused layer starts when the vector layers before it have ended"),
    Field("reserved", 31, "0"),
)
COUNTERS = (
    "groups",
    "blocks",
    "pixels",
    "tail_pixels",
    "rows",
    "a_count",
    "a_tail_count",
    "a_words",
    "a_tail_words",
    "o_count",
    "o_tail_count",
    "o_words",
    "o_tail_words",
)
"""Fields that count something that every vector layer has"""
STEPS = (
    "a_group",
    "a_block",
    "a_stride",
    "b_block",
    "o_group",
    "o_block",
    "o_stride",
    "p_group",
)
"""Fields that are a distance in memory: whole bus words"""


@dataclass(frozen=True, kw_only=True)
class VectorDescriptor:
    """Values of all fields, named as in :data:`FIELDS`."""

    magic: int = MAGIC
    op: int
    per_channel: int = 0
    interrupt: int = 0
    table: int = 0
    b_vector: int = 0
    a_size: int
    o_size: int
    b_size: int = 0
    a_address: int
    b_address: int = 0
    o_address: int
    p_address: int = 0
    t_address: int = 0
    a_group: int = 0
    a_block: int = 0
    a_stride: int = 0
    b_block: int = 0
    o_group: int = 0
    o_block: int = 0
    o_stride: int = 0
    p_group: int = 0
    a_count: int
    a_tail_count: int
    a_words: int
    a_tail_words: int
    b_words: int = 0
    b_tail_words: int = 0
    o_count: int
    o_tail_count: int
    o_words: int
    o_tail_words: int
    p_words: int = 0
    groups: int = 1
    blocks: int = 1
    pixels: int
    tail_pixels: int
    rows: int
    valid: int = 0
    tail_valid: int = 0
    outer_step: int = 0
    inner_step: int = 0
    a_zero: int = 0
    b_zero: int = 0
    zero: int = 0
    first_multiplier: int = 0
    second_multiplier: int = 0
    first_shift: int = 0
    second_shift: int = 0
    division: int = 0
    count: int = 0
    epsilon: int = 0
    fused: int = 0
    products: int = 0
    results_first: int = 0
    results_step: int = 0
    waits_vector: int = 0
    reserved: int = 0

    def pack(self) -> bytes:
        """The descriptor as it lies in memory; DittosimError if a value leaves its field."""
        return packed(FIELDS, self)


assert sum(field.bits for field in FIELDS) == 8 * DESCRIPTOR_BYTES, sum(f.bits for f in FIELDS)
assert tuple(field.name for field in fields(VectorDescriptor)) == tuple(f.name for f in FIELDS)


@dataclass(frozen=True)
class Parameters:
    """What a channel brings with it, 64 bits."""

    bias: int = 0
    """32 bits: added before the multiplication (scale), or h (normalization)"""
    multiplier: int = 0
    """17 bits, signed"""
    shift: int = 0
    """6 bits"""
    group: int = 0
    """9 bits: channels that follow each other with the same one are a group of GROUPS"""

    def word(self) -> int:
        """The 64 bits as they lie in memory, little endian."""
        mask = (1 << 32) - 1
        return (
            self.bias & mask
            | (self.multiplier & 0x1FFFF) << 32
            | self.shift << 49
            | self.group << 55
        )
