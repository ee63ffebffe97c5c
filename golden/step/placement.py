"""Where buffers lie in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from golden.step.drafts import Buffer, Draft, Lifetime, Place, every_draft
from golden.vector.descriptor import VectorDescriptor

ALIGNMENT = 256
"""Of every buffer: a multiple of every bus width."""
REST = 4
"""Layers behind the last that uses a buffer of a step, before others lie in its place"""


@dataclass
class Placement:
    """Addresses of all buffers; those of a step are reused, in every queue by itself."""

    end: int = 0
    """Bytes of memory so far"""
    constants: int = 0
    """Bytes up to the last constant"""
    _lasting: dict[str, tuple[int, int]] = field(default_factory=dict)
    _in_step: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, queues: Mapping[str, Sequence[Draft]], others: Iterable[Buffer], start: int
    ) -> "Placement":
        """Places, from ``start`` on, what ``queues`` use and ``others``; constants come first."""
        found = cls(start, start)
        flat = {name: list(every_draft(drafts)) for name, drafts in queues.items()}
        buffers = {buffer.name: buffer for buffer in others}
        for drafts in flat.values():
            for draft in drafts:
                buffers.update({p.buffer.name: p.buffer for p in draft.places.values()})
        lasting = [b for b in buffers.values() if b.lifetime is not Lifetime.STEP]
        for buffer in sorted(lasting, key=lambda one: one.lifetime is not Lifetime.CONSTANT):
            first = found._take(buffer.size)
            if buffer.lifetime is Lifetime.CONSTANT:
                found.constants = found.end
            second = found._take(buffer.size) if buffer.lifetime is Lifetime.PAIR else first
            found._lasting[buffer.name] = first, second
        start = found.end
        for queue, drafts in flat.items():
            found._in_step[queue] = _reused(drafts, start)
            for draft in drafts:
                for place in draft.places.values():
                    if place.buffer.lifetime is Lifetime.STEP:
                        address = found._in_step[queue][place.buffer.name]
                        found.end = max(found.end, _aligned(address + place.buffer.size))
        return found

    def address(self, place: Place, queue: str, parity: int) -> int:
        """Of a place, in a queue of steps of that parity."""
        if place.buffer.lifetime is Lifetime.STEP:
            return self._in_step[queue][place.buffer.name] + place.offset
        pair = self._lasting[place.buffer.name]
        return pair[parity ^ place.previous] + place.offset

    def _take(self, size: int) -> int:
        address, self.end = self.end, self.end + _aligned(size)
        return address


def _reused(drafts: Sequence[Draft], start: int) -> dict[str, int]:
    """First fit for the buffers of a step, each of which rests before its place is used again.

    So that layers beside each other need not wait. Variants of a node count as if one ran after
    the other.
    """
    time, lives = 0, dict[str, list[int]]()
    sizes: dict[str, int] = {}
    for draft in drafts:
        for place in draft.places.values():
            if place.buffer.lifetime is Lifetime.STEP:
                sizes[place.buffer.name] = _aligned(place.buffer.size)
                lives.setdefault(place.buffer.name, [time, time])[1] = time + REST
        # A fused layer is one with the product behind it.
        time += not (isinstance(draft.descriptor, VectorDescriptor) and draft.descriptor.fused)
    found: dict[str, int] = {}
    # the largest first, so that the small ones fill what is left
    for name in sorted(lives, key=lambda one: (-sizes[one], lives[one])):
        first, last = lives[name]
        taken = sorted(
            (found[other], found[other] + sizes[other])
            for other in found
            if lives[other][0] <= last and first <= lives[other][1]
        )
        address = start
        for low, high in taken:
            if address + sizes[name] <= low:
                break
            address = max(address, high)
        found[name] = address
    return found


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
