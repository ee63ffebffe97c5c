"""Random transfers for the benches of the bus engines."""

import numpy as np

from golden.machine.bursts import Transfer, split
from golden.machine.config import PAGE_BYTES, MachineConfig
from rtl.bus.axi import transfer_layout
from tb.harness.coverage import Coverage
from tb.harness.stimulus import pack, stratified


def random_transfers(
    config: MachineConfig, rng: np.random.Generator, count: int, memory_words: int
) -> list[Transfer]:
    """Transfers that do not overlap, in any order: of one word, of some bursts, across pages."""
    longest = np.array(stratified(rng, (1, 2, 20, 4 * config.burst_words), count))
    lengths = rng.integers(1, longest + 1).tolist()
    lengths[0] = max(lengths[0], config.page_words + 1)
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


def length_strata(config: MachineConfig) -> tuple[str, ...]:
    """Strata of :func:`see_transfers`."""
    one = () if config.burst_words == 1 else ("of one burst",)
    return ("of one word", *one, "of several", "across a page")


def see_transfers(coverage: Coverage, transfers: list[Transfer], config: MachineConfig) -> None:
    """Counts the axis "transfer"."""
    for transfer in transfers:
        bursts = split(transfer, config)
        if transfer.words == 1:
            coverage.see("transfer", "of one word")
        else:
            coverage.see("transfer", "of several" if bursts[1:] else "of one burst")
        pages = {burst.address // PAGE_BYTES for burst in bursts}
        if len(pages) > 1:
            coverage.see("transfer", "across a page")


def commands(transfers: list[Transfer]) -> list[int]:
    """Payloads of the command stream."""
    layout = transfer_layout()
    return [pack(layout, address=each.address, words=each.words) for each in transfers]
