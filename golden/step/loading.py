"""The queue that fills the scratchpad with constants, once, before the first step.

No host reaches the scratchpad: the vector unit copies them from memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from golden.machine.config import MachineConfig
from golden.step.drafts import Buffer, Draft, Place, with_addresses
from golden.step.lifetimes import aligned
from golden.step.vectors import IDENTITY, Pixels, pixelwise, vector_drafts
from golden.vector.descriptor import Op, Size


def loading_drafts(
    constants: Iterable[tuple[Buffer, int, int]], config: MachineConfig
) -> Iterator[Draft]:
    """A layer for each of ``constants``: what it is, where it lies in memory, where it is to."""
    for buffer, source, target in constants:
        words = aligned(buffer.size) // config.bus_bytes
        # Bus words, each a pixel of as many elements of 8 bits.
        pixels = Pixels(Place(buffer), Size.BITS_8, config.bus_bytes)
        layer = pixelwise(Op.SCALE, pixels, pixels, words, config, fields=IDENTITY)
        for draft in vector_drafts(f"{buffer.name}:near", buffer.name, [layer], config):
            addresses = {"a_address": source, "o_address": target}
            yield replace(draft, descriptor=with_addresses(draft.descriptor, addresses), places={})
