"""Beats that hold every pair of int8 values, of every length."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from golden.formats.encoding import differences
from golden.machine.config import MachineConfig
from rtl.tile.layouts import beat_layout
from tb.harness.stimulus import pack, pack_bytes


@dataclass(frozen=True)
class PairBeat:
    """A beat, and what a tile is to make of it."""

    payload: int
    """Of :func:`rtl.tile.layouts.beat_layout`"""
    differences: list[int]
    """Of all elements, also of those beyond ``count``"""
    count: int
    index: int
    last: int

    @property
    def valid(self) -> list[int]:
        """The differences, those beyond ``count`` 0."""
        return [d if n < self.count else 0 for n, d in enumerate(self.differences)]


def pair_beats(config: MachineConfig, rng: np.random.Generator) -> Iterator[PairBeat]:
    """All 65,536 pairs; every length in turn, none included, half of the beats whole."""
    pairs = rng.permutation(1 << 16)
    x = (pairs & 255).astype(np.uint8).view(np.int8)
    reference = (pairs >> 8).astype(np.uint8).view(np.int8)
    width = config.beat_elements
    for number, first in enumerate(range(0, len(pairs), width)):
        chosen = np.arange(first, first + width) % len(pairs)
        count = width if number % 2 else number // 2 % (width + 1)
        index, last = int(rng.integers(config.max_beats)), int(rng.integers(2))
        payload = pack(
            beat_layout(config),
            x=pack_bytes(x[chosen]),
            reference=pack_bytes(reference[chosen]),
            count=count,
            index=index,
            last=last,
        )
        yield PairBeat(
            payload, differences(x[chosen], reference[chosen]).tolist(), count, index, last
        )
