"""What the lanes of a tile skip, and how wide their multipliers are."""

from enum import StrEnum


class TileKind(StrEnum):
    """A tile, by what takes a slot: a cycle of one lane.

    The designs that Ditto (HPCA 2025) is compared with, and those of its parts alone.
    """

    DITTO = "ditto"
    """Each 4-bit digit that is not zero: bit width and sparsity"""
    BIT_WIDTH = "bit-width"
    """Each low digit, and each high digit that is not zero: dynamic bit width alone"""
    SPARSITY = "sparsity"
    """Both digits of each element that is not zero: dynamic sparsity alone"""
    DENSE = "dense"
    """Each element, on 8-bit multipliers, without Encoding Unit and lane FIFOs: an integer tensor
    core (ITC)"""

    @property
    def slots_per_element(self) -> int:
        """Slots of an element of which nothing is skipped."""
        return 1 if self is TileKind.DENSE else 2

    @property
    def skips_elements(self) -> bool:
        """Whether an element that is zero takes no slot."""
        return self in (TileKind.DITTO, TileKind.SPARSITY)


ENCODING_TILES = (TileKind.DITTO, TileKind.BIT_WIDTH, TileKind.SPARSITY)
"""Kinds with an Encoding Unit, lane FIFOs and 4-bit multipliers"""
