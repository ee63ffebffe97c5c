"""Where buffers lie: in the scratchpad or in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.machine.config import MachineConfig
from golden.step.drafts import Buffer, Draft, Lifetime, Place, every_draft
from golden.step.lifetimes import Lives, Taken, aligned, by_size, first_fit
from golden.step.residents import Residents


@dataclass
class Placement:
    """Addresses of all buffers; those of a step are reused, in every queue by itself."""

    end: int = 0
    """Behind what is taken of memory so far"""
    constants: int = 0
    """Behind the last constant, and the queue that copies some to the scratchpad"""
    loading: int = 0
    """Where that queue is"""
    _copied: dict[str, tuple[Buffer, int]] = field(default_factory=dict)
    """Constants of the scratchpad, and where they are in memory"""
    _lasting: dict[str, tuple[int, int]] = field(default_factory=dict)
    _in_step: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        queues: Mapping[str, Sequence[Draft]],
        of_host: Sequence[Buffer],
        start: int,
        config: MachineConfig,
    ) -> "Placement":
        """Places what ``queues`` use and ``of_host``, in memory from ``start`` on.

        What the host writes and reads is there, and all constants, which come first: those that lie
        in the scratchpad to be copied.
        """
        found = cls(start, start)
        near = Residents.of(queues, [buffer.name for buffer in of_host], config)
        flat = {name: list(every_draft(drafts)) for name, drafts in queues.items()}
        buffers = {buffer.name: buffer for buffer in of_host}
        for drafts in flat.values():
            for draft in drafts:
                buffers.update({p.buffer.name: p.buffer for p in draft.places.values()})
        for buffer in buffers.values():
            if buffer.lifetime is Lifetime.CONSTANT:
                found._place_constant(buffer, near)
        found.loading = found._take(DESCRIPTOR_BYTES * len(found._copied))
        found.constants = found.end
        for buffer in buffers.values():
            if buffer.lifetime in (Lifetime.KEPT, Lifetime.PAIR):
                found._place_kept(buffer, near)
        start = found.end
        for queue, drafts in flat.items():
            near_here = near.in_step[queue]
            found._in_step[queue] = near_here | _reused(queues[queue], near_here, start)
            for draft in drafts:
                for place in draft.places.values():
                    if place.buffer.lifetime is Lifetime.STEP:
                        address = found._in_step[queue][place.buffer.name]
                        found.end = max(found.end, aligned(address + place.buffer.size))
        return found

    def address(self, place: Place, queue: str, parity: int) -> int:
        """Of a place, in a queue of steps of that parity."""
        if place.buffer.lifetime is Lifetime.STEP:
            return self._in_step[queue][place.buffer.name] + place.offset
        pair = self._lasting[place.buffer.name]
        return pair[parity ^ place.previous] + place.offset

    def copied(self) -> Iterator[tuple[Buffer, int, int]]:
        """Constants of the scratchpad: what they are, where they are in memory, and where there."""
        for name, (buffer, source) in self._copied.items():
            yield buffer, source, self._lasting[name][0]

    def _place_constant(self, buffer: Buffer, near: Residents) -> None:
        source = self._take(buffer.size)
        place = near.lasting.get(buffer.name, source)
        self._lasting[buffer.name] = place, place
        if place != source:
            self._copied[buffer.name] = buffer, source

    def _place_kept(self, buffer: Buffer, near: Residents) -> None:
        if buffer.name in near.lasting:
            first = near.lasting[buffer.name]
            self._lasting[buffer.name] = first, first + aligned(buffer.size)
            return
        first = self._take(buffer.size)
        second = self._take(buffer.size) if buffer.lifetime is Lifetime.PAIR else first
        self._lasting[buffer.name] = first, second

    def _take(self, size: int) -> int:
        address, self.end = self.end, self.end + aligned(size)
        return address


def _reused(drafts: Sequence[Draft], near: Mapping[str, int], start: int) -> dict[str, int]:
    """First fit for the buffers of a step that are not in the scratchpad, from ``start`` on."""
    lives = Lives.of(drafts)
    found: dict[str, int] = {}
    taken: list[Taken] = []
    for name, span in by_size(lives).items():
        if name in near:
            continue
        address = first_fit(taken, lives.sizes[name], span, start)
        taken.append(Taken(address, address + lives.sizes[name], *span))
        found[name] = address
    return found
