"""The descriptor of a choice: one of up to three variants of a layer, which the machine takes.

As long as those of products and vector layers, so that all lie in one queue; the magic number tells
them apart. The descriptors of a variant lie elsewhere, one after the other.
"""

from dataclasses import dataclass, fields

from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Field, packed
from golden.difference.matmul import Mode

MAGIC = 0xD172

FIELDS = (
    Field("magic", 16, "0xD172"),
    Field("entry", 16, "of the Defo table"),
    Field("act_count", 16, "descriptors of the variant ACT; 0: there is none"),
    Field("temporal_count", 16, "... TEMPORAL"),
    Field("spatial_count", 16, "... SPATIAL"),
    Field("unused", 16, "0"),
    Field("act_address", 32, "byte address of the first descriptor of ACT"),
    Field("temporal_address", 32, "... TEMPORAL"),
    Field("spatial_address", 32, "... SPATIAL"),
    Field("reserved", 832, "0"),
)


@dataclass(frozen=True, kw_only=True)
class ChoiceDescriptor:
    """Values of all fields, named as in :data:`FIELDS`."""

    magic: int = MAGIC
    entry: int
    act_count: int = 0
    temporal_count: int = 0
    spatial_count: int = 0
    unused: int = 0
    act_address: int = 0
    temporal_address: int = 0
    spatial_address: int = 0
    reserved: int = 0

    def pack(self) -> bytes:
        """The descriptor as it lies in memory; DittosimError if a value leaves its field."""
        return packed(FIELDS, self)

    def variant(self, mode: Mode) -> tuple[int, int]:
        """Address and number of the descriptors of a mode."""
        name = mode.name.lower()
        return getattr(self, f"{name}_address"), getattr(self, f"{name}_count")


assert sum(field.bits for field in FIELDS) == 8 * DESCRIPTOR_BYTES
assert tuple(field.name for field in fields(ChoiceDescriptor)) == tuple(f.name for f in FIELDS)
