"""When the buffers of a step are in use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from golden.step.drafts import Draft, Lifetime, every_draft
from golden.vector.descriptor import VectorDescriptor

ALIGNMENT = 256
"""Of every buffer: a multiple of every bus width."""
REST = 4
"""Layers behind the last that uses a buffer of a step, before others lie in its place"""


@dataclass
class Lives:
    """Of the buffers of a step in a queue, in layers from its first on.

    Each rests before its place is used again, so that layers beside each other need not wait.
    Variants of a node count as if one ran after the other.
    """

    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    """First layer and last, by the name of the buffer"""
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes, with what aligns the next"""
    layers: int = 0

    @classmethod
    def of(cls, drafts: Sequence[Draft]) -> "Lives":
        """Those of a queue; a fused layer is one with the product behind it."""
        found = cls()
        for draft in every_draft(drafts):
            for place in draft.places.values():
                buffer = place.buffer
                if buffer.lifetime is Lifetime.STEP:
                    first, _ = found.spans.get(buffer.name, (found.layers, 0))
                    found.spans[buffer.name] = first, found.layers + REST
                    found.sizes[buffer.name] = aligned(buffer.size)
            fused = isinstance(draft.descriptor, VectorDescriptor) and draft.descriptor.fused
            found.layers += not fused
        return found


def aligned(size: int) -> int:
    """The next multiple of :data:`ALIGNMENT`."""
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class Taken:
    """Bytes from ``start`` up to, not including, ``end``, in layers ``first`` to ``last``."""

    start: int
    end: int
    first: int
    last: int


def first_fit(taken: Sequence[Taken], size: int, span: tuple[int, int], start: int) -> int:
    """The lowest address from ``start`` on with ``size`` bytes that nobody takes in ``span``."""
    first, last = span
    address = start
    for one in sorted(taken, key=lambda one: (one.start, one.end)):
        if one.last < first or last < one.first:
            continue
        if address + size <= one.start:
            break
        address = max(address, one.end)
    return address


def by_size(lives: Lives) -> Mapping[str, tuple[int, int]]:
    """Spans, of the largest buffers first, so that the small ones fill what is left."""
    names = sorted(lives.spans, key=lambda one: (-lives.sizes[one], lives.spans[one]))
    return {name: lives.spans[name] for name in names}
