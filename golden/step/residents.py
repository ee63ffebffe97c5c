"""Which buffers lie in the scratchpad, and where."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from golden.machine.config import MachineConfig
from golden.step.drafts import Buffer, Draft, Lifetime, every_draft
from golden.step.lifetimes import Lives, Taken, aligned, first_fit
from golden.step.traffic import moved_by_buffer

FIRST = "first"
"""The queue that runs once, and has what the others leave"""


@dataclass
class Residents:
    """Addresses of the buffers in the scratchpad.

    Chosen by what a step moves of them, over the bytes that they take and the share of the step for
    which they do; greatest first, each if there still is room for it. Those of a step take room
    from their first use to their last, from address 0 on; those that outlast it take it always,
    from the other end.
    """

    size: int
    lasting: dict[str, int] = field(default_factory=dict)
    """Of buffers that outlast a step, the first of a pair"""
    in_step: dict[str, dict[str, int]] = field(default_factory=dict)
    """Of buffers of a step, by queue"""

    @classmethod
    def of(
        cls,
        queues: Mapping[str, Sequence[Draft]],
        others: Collection[str],
        config: MachineConfig,
    ) -> "Residents":
        """Those of the buffers of ``queues``; ``others`` lie elsewhere."""
        found = cls(config.scratchpad_bytes, {}, {queue: {} for queue in queues})
        if not found.size:
            return found
        steady = {queue: drafts for queue, drafts in queues.items() if queue != FIRST}
        found._fill(steady, others, config, lasting=True)
        if FIRST in queues:
            found._fill({FIRST: queues[FIRST]}, others, config, lasting=False)
        return found

    def _fill(
        self,
        queues: Mapping[str, Sequence[Draft]],
        others: Collection[str],
        config: MachineConfig,
        *,
        lasting: bool,
    ) -> None:
        """Takes what ``queues``, which have the same layers, use."""
        drafts = next(iter(queues.values()))
        moved, lives = moved_by_buffer(drafts, config), Lives.of(drafts)
        buffers = {
            place.buffer.name: place.buffer
            for draft in every_draft(drafts)
            for place in draft.places.values()
        }
        worth: list[tuple[float, str]] = []
        for name, buffer in buffers.items():
            if name in others or not moved[name]:
                continue
            if buffer.lifetime is Lifetime.STEP:
                first, last = lives.spans[name]
                share = (last + 1 - first) / lives.layers
                worth.append((moved[name] / (lives.sizes[name] * share), name))
            elif lasting:
                worth.append((moved[name] / _bytes(buffer), name))
        taken: list[Taken] = []
        for _, name in sorted(worth, key=lambda one: (-one[0], one[1])):
            buffer = buffers[name]
            room = self._room()
            if buffer.lifetime is Lifetime.STEP:
                size, span = lives.sizes[name], lives.spans[name]
                address = first_fit(taken, size, span, 0)
                if address + size <= room:
                    taken.append(Taken(address, address + size, *span))
                    for queue in queues:
                        self.in_step[queue][name] = address
            elif max((one.end for one in taken), default=0) + _bytes(buffer) <= room:
                self.lasting[name] = room - _bytes(buffer)

    def _room(self) -> int:
        """Where buffers that outlast a step begin."""
        return min(self.lasting.values(), default=self.size)


def _bytes(buffer: Buffer) -> int:
    """What one that outlasts a step takes."""
    return (2 if buffer.lifetime is Lifetime.PAIR else 1) * aligned(buffer.size)
