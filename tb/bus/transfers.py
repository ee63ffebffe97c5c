"""Random transfers for the benches of the bus engines."""

import numpy as np

from golden.machine.bursts import Transfer
from golden.machine.config import MachineConfig
from rtl.bus.axi import transfer_layout
from tb.harness.stimulus import pack


def random_transfers(
    config: MachineConfig, rng: np.random.Generator, count: int, memory_words: int
) -> list[Transfer]:
    """Transfers that do not overlap, in any order: of one word, of some bursts, across pages."""
    longest = rng.choice([1, 2, 20, 4 * config.burst_words], count)
    lengths = rng.integers(1, longest + 1).tolist()
    lengths[0] = max(lengths[0], config.page_words // 2 + 1)
    slack = rng.multinomial(memory_words - sum(lengths), np.ones(count) / count)
    # Right before or after a page's end now and then.
    starts = []
    place = 0
    for length, space in zip(lengths, slack, strict=True):
        start = place + int(space)
        page = start // config.page_words * config.page_words
        if rng.random() < 0.5 and page - 1 >= place:
            start = page - int(rng.integers(2))
        starts.append(start)
        place = start + length
    order = rng.permutation(count)
    return [Transfer(starts[n] * config.bus_bytes, lengths[n]) for n in order]


def commands(transfers: list[Transfer]) -> list[int]:
    """Payloads of the command stream."""
    layout = transfer_layout()
    return [pack(layout, address=each.address, words=each.words) for each in transfers]
