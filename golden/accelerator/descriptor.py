"""The descriptor of a layer: what the accelerator reads from memory to run it.

128 bytes, little endian, fields one after the other as :data:`FIELDS` lists them. Sizes that
would cost the hardware a multiplication are worked out by the compiler.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum

from golden.difference.matmul import Mode
from golden.errors import DittosimError

MAGIC = 0xD170
DESCRIPTOR_BYTES = 128


class ModeCode(IntEnum):
    """Modes as descriptors number them."""

    ACT = 0
    TEMPORAL = 1
    SPATIAL = 2

    @classmethod
    def of(cls, mode: Mode) -> "ModeCode":
        """The code of a mode."""
        return cls[mode.name]


@dataclass(frozen=True)
class Field:
    """A field of the descriptor."""

    name: str
    bits: int
    meaning: str
    signed: bool = False


FIELDS = (
    Field("magic", 16, "0xD170"),
    Field("mode", 8, "0 ACT, 1 TEMPORAL, 2 SPATIAL"),
    Field("rows_outer", 1, "1: all column groups of a block of rows in turn; 0: the other way"),
    Field("interrupt", 1, "1: raise the interrupt when the layer is done"),
    Field("weights_wait", 1, "1: weights are loaded when all products before it are in memory"),
    Field("inputs_wait", 1, "1: so are inputs, reference and previous accumulators"),
    Field("output", 1, "1: results go through the vector unit, as the layer before it says"),
    Field("discard", 1, "1: and are not stored themselves"),
    Field(
        "weights_wait_vectors",
        1,
        "1: weights are loaded when all vector layers before it are in memory",
    ),
    Field("inputs_wait_vectors", 1, "1: so are inputs, reference and previous accumulators"),
    Field("inputs_address", 32, "byte address of the input tensor"),
    Field("reference_address", 32, "byte address of the previous step's input (TEMPORAL)"),
    Field("weights_address", 32, "byte address of the weights"),
    Field("previous_address", 32, "byte address of the previous accumulators (TEMPORAL)"),
    Field("results_address", 32, "byte address of the accumulators"),
    Field("height", 16, "lines of the input"),
    Field("width", 16, "pixels per line of the input"),
    Field("out_width", 16, "pixels per line of the output"),
    Field("kernel", 8, "taps along each axis"),
    Field("stride", 8, "pixels between windows"),
    Field("padding", 8, "pixels above and left of the input"),
    Field("zero_point", 8, "value of padding, and reference of ACT", signed=True),
    Field("last_count", 16, "channels in a pixel's last beat"),
    Field("pixel_beats", 16, "beats per pixel of the input"),
    Field("chunks", 16, "chunks that a row is cut into"),
    Field("chunk_beats", 16, "beats of a chunk"),
    Field("last_chunk_beats", 16, "beats of the last chunk"),
    Field("groups", 16, "groups of tiles_n * columns output channels"),
    Field("last_tiles", 16, "tiles side by side that the last group needs"),
    Field("row_blocks", 16, "blocks of rows: a pass takes one"),
    Field("tile_blocks", 16, "blocks of lines: a tile takes one in a pass"),
    Field("tile_rows", 16, "rows of a tile in a pass"),
    Field("tail_rows", 16, "rows of the last block of lines"),
    Field("tile_lines", 16, "output lines of a tile in a pass, times stride"),
    Field("last_row_words", 16, "bus words of a row of results of the last group"),
    Field("line_entries", 32, "input buffer entries per line of the input"),
    Field("image_entries", 32, "entries of the whole input"),
    Field("padding_entries", 32, "entries of the lines of padding above"),
    Field("tile_step_entries", 32, "entries from one tile's first line to the next tile's"),
    Field("tile_span_entries", 32, "entries of the lines that a tile needs"),
    Field("block_step_entries", 32, "entries from one block of rows to the next"),
    Field("block_span_entries", 32, "entries of the lines that a block of rows needs"),
    Field("weight_words", 32, "bus words of a chunk's weights"),
    Field("chunk_tail_weight_words", 32, "... of the last chunk"),
    Field("group_tail_weight_words", 32, "... of the last group"),
    Field("tail_weight_words", 32, "... of the last chunk of the last group"),
    Field("block_words", 32, "bus words of the results of a block of rows"),
    Field("row_tail_words", 32, "... of the last block of rows"),
    Field("group_tail_words", 32, "... of the last group"),
    Field("tail_words", 32, "... of the last block of rows of the last group"),
    Field("group_words", 32, "bus words of the results of a whole group"),
    Field(
        "inputs_first",
        16,
        "transfers of that vector layer's output that must be in memory before the inputs of the "
        "first block of rows; 0: all of the layer",
    ),
    Field("inputs_step", 16, "... besides for each further block of rows"),
)


def packed(layout: Iterable[Field], values: object) -> bytes:
    """A descriptor of ``layout`` as it lies in memory.

    Raises DittosimError if a value leaves its field.
    """
    word, place = 0, 0
    for field in layout:
        value = getattr(values, field.name)
        low = -(1 << (field.bits - 1)) if field.signed else 0
        if not low <= value < low + (1 << field.bits):
            raise DittosimError(
                f"descriptor: {field.name} = {value} does not fit {field.bits} bits; "
                "the layer is too large for the accelerator"
            )
        word |= (value & ((1 << field.bits) - 1)) << place
        place += field.bits
    return word.to_bytes(DESCRIPTOR_BYTES, "little")


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """Values of all fields, named as in :data:`FIELDS`."""

    magic: int = MAGIC
    mode: int
    rows_outer: int
    interrupt: int = 0
    weights_wait: int = 0
    inputs_wait: int = 0
    output: int = 0
    discard: int = 0
    weights_wait_vectors: int = 0
    inputs_wait_vectors: int = 0
    inputs_address: int
    reference_address: int
    weights_address: int
    previous_address: int
    results_address: int
    height: int
    width: int
    out_width: int
    kernel: int
    stride: int
    padding: int
    zero_point: int
    last_count: int
    pixel_beats: int
    chunks: int
    chunk_beats: int
    last_chunk_beats: int
    groups: int
    last_tiles: int
    row_blocks: int
    tile_blocks: int
    tile_rows: int
    tail_rows: int
    tile_lines: int
    last_row_words: int
    line_entries: int
    image_entries: int
    padding_entries: int
    tile_step_entries: int
    tile_span_entries: int
    block_step_entries: int
    block_span_entries: int
    weight_words: int
    chunk_tail_weight_words: int
    group_tail_weight_words: int
    tail_weight_words: int
    block_words: int
    row_tail_words: int
    group_tail_words: int
    tail_words: int
    group_words: int
    inputs_first: int = 0
    inputs_step: int = 0

    def pack(self) -> bytes:
        """The descriptor as it lies in memory; DittosimError if a value leaves its field."""
        return packed(FIELDS, self)


assert sum(field.bits for field in FIELDS) == 8 * DESCRIPTOR_BYTES
assert tuple(field.name for field in fields(Descriptor)) == tuple(field.name for field in FIELDS)
