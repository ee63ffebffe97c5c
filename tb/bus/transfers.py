"""Random transfers for the benches of the bus engines."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from golden.machine.bursts import Transfer, split
from golden.machine.config import PAGE_BYTES, MachineConfig
from rtl.bus.axi import transfer_layout
from tb.harness.coverage import Coverage
from tb.harness.stimulus import pack, stratified


def random_transfers(
    config: MachineConfig, rng: np.random.Generator, count: int, memory_words: int
) -> list[Transfer]:
    """Transfers that do not overlap, in any order: of one word, of some bursts, across pages.

    Some lie in the scratchpad, if there is one, and one is partly in it.
    """
    longest = np.array(stratified(rng, (1, 2, 20, 4 * config.burst_words), count))
    lengths = rng.integers(1, longest + 1).tolist()
    lengths[0] = max(lengths[0], config.page_words + 1)
    if config.scratchpad_bytes:
        border = config.scratchpad_bytes // config.bus_bytes
        near, far = _divided(lengths[1:], 3 * border // 4)
        partly = border - int(rng.integers(1, min(lengths[0], border - sum(near))))
        starts = [
            partly,
            *_starts(config, rng, near, 0, partly),
            *_starts(config, rng, far, partly + lengths[0], memory_words),
        ]
        lengths = [lengths[0], *near, *far]
    else:
        starts = _starts(config, rng, lengths, 0, memory_words)
    order = rng.permutation(count)
    return [Transfer(starts[n] * config.bus_bytes, lengths[n]) for n in order]


def _divided(lengths: list[int], most: int) -> tuple[list[int], list[int]]:
    """Up to half of the lengths, ``most`` words together, and the others."""
    near: list[int] = []
    far: list[int] = []
    for length in lengths:
        fits = 2 * len(near) < len(lengths) and sum(near) + length <= most
        (near if fits else far).append(length)
    return near, far


def _starts(
    config: MachineConfig, rng: np.random.Generator, lengths: list[int], first: int, end: int
) -> list[int]:
    """Words from ``first`` to ``end`` where transfers start, right at a page's end now and then."""
    count = len(lengths)
    slack = rng.multinomial(end - first - sum(lengths), np.ones(count) / count)
    starts = []
    place = first
    for length, space in zip(lengths, slack, strict=True):
        start = place + int(space)
        page = start // config.page_words * config.page_words
        if rng.random() < 0.5 and page - 1 >= place:
            start = page - int(rng.integers(2))
        starts.append(start)
        place = start + length
    return starts


def length_strata(config: MachineConfig) -> tuple[str, ...]:
    """Strata of :func:`see_transfers`."""
    one = () if config.burst_words == 1 else ("of one burst",)
    return ("of one word", *one, "of several", "across a page")


def place_strata(config: MachineConfig) -> dict[str, Sequence[str]]:
    """Strata of :func:`see_transfers` on a machine with a scratchpad: none without."""
    if not config.scratchpad_bytes:
        return {}
    turns = ("memory", "scratchpad")
    return {
        "place": (*turns, "both"),
        "burst behind": [f"{one}, of {other}" for one in turns for other in turns],
    }


def see_transfers(coverage: Coverage, transfers: list[Transfer], config: MachineConfig) -> None:
    """Counts the axes "transfer" and, with a scratchpad, those of :func:`place_strata`."""
    if config.scratchpad_bytes:
        _see_places(coverage, transfers, config)
    for transfer in transfers:
        bursts = split(transfer, config)
        if transfer.words == 1:
            coverage.see("transfer", "of one word")
        else:
            coverage.see("transfer", "of several" if bursts[1:] else "of one burst")
        pages = {burst.address // PAGE_BYTES for burst in bursts}
        if len(pages) > 1:
            coverage.see("transfer", "across a page")


def _see_places(coverage: Coverage, transfers: list[Transfer], config: MachineConfig) -> None:
    turns = []
    for transfer in transfers:
        near = [burst.address < config.scratchpad_bytes for burst in split(transfer, config)]
        both = len(set(near)) > 1
        coverage.see("place", "both" if both else "scratchpad" if near[0] else "memory")
        turns += ["scratchpad" if one else "memory" for one in near]
    for before, one in pairwise(turns):
        coverage.see("burst behind", f"{one}, of {before}")


def commands(transfers: list[Transfer]) -> list[int]:
    """Payloads of the command stream."""
    layout = transfer_layout()
    return [pack(layout, address=each.address, words=each.words) for each in transfers]
