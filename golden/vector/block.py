"""A block of a vector layer: how much of each stream it takes (docs/vector.md)."""

from dataclasses import dataclass
from typing import Self

from golden.vector.descriptor import VectorDescriptor

FIELDS = ("a_count", "a_words", "b_words", "o_count", "o_words", "pixels", "valid")


def field_name(field: str, tail: bool) -> str:
    """What the descriptor calls ``field`` of a block, of the last one if ``tail``."""
    if not tail:
        return field
    stream, _, what = field.rpartition("_")
    return f"{stream}_tail_{what}" if stream else f"tail_{what}"


@dataclass(frozen=True)
class Block:
    """The fields of a descriptor that differ in a group's last block."""

    tail: bool
    a_count: int
    a_words: int
    b_words: int
    o_count: int
    o_words: int
    pixels: int
    valid: int
    """Of gather"""

    @classmethod
    def of(cls, layer: VectorDescriptor, *, tail: bool) -> Self:
        """A block of ``layer``; ``tail`` if it is the last of its group."""
        return cls(tail, *(getattr(layer, field_name(field, tail)) for field in FIELDS))

    def name(self, field: str) -> str:
        """What the descriptor calls a field."""
        return field_name(field, self.tail)
