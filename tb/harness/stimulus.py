"""Random stalls and packed payloads."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from amaranth.lib import data

T = TypeVar("T")


def stratified(rng: np.random.Generator, strata: Sequence[T], count: int) -> list[T]:
    """``count`` draws in which each of ``strata`` comes as often as the others, in any order.

    Every run of as many draws as there are strata has each of them.
    """
    rounds = -(-count // len(strata))
    draws = [strata[n] for _ in range(rounds) for n in rng.permutation(len(strata))]
    return draws[:count]


def random_gaps(rng: np.random.Generator, count: int, stalls: bool) -> list[int]:
    """Waits before each item: 0 without stalls, else mostly short, now and then long."""
    if not stalls:
        return [0] * count
    waits = rng.choice([0, 0, 0, 1, 2, 3, 9], count)
    return waits.tolist()


def random_ready(rng: np.random.Generator, cycles: int, stalls: bool) -> np.ndarray:
    """When a consumer is ready, bool (cycles,); always without stalls."""
    if not stalls:
        return np.ones(0, bool)
    # Bursts of either kind find more than independent coin flips.
    lengths = rng.integers(1, 8, cycles)
    return np.repeat(rng.random(cycles) < 0.6, lengths)[:cycles]


def pack(layout: data.Layout, **fields: int) -> int:
    """A payload of ``layout`` with the given fields, each as an integer of its bits."""
    word = 0
    for name, value in fields.items():
        field = layout[name]
        word |= (int(value) & ((1 << field.width) - 1)) << field.offset
    return word


def pack_bytes(values: np.ndarray) -> int:
    """Packs an integer array (any width, little endian) into one integer, the first lowest."""
    return int.from_bytes(np.ascontiguousarray(values).tobytes(), "little")


def pack_fields(values: Iterable[int], width: int) -> int:
    """Packs integers into fields of ``width`` bits, the first lowest."""
    mask = (1 << width) - 1
    return sum((int(value) & mask) << (n * width) for n, value in enumerate(values))


def unpack(word: int, width: int, count: int, signed: bool = True) -> list[int]:
    """Cuts ``count`` fields of ``width`` bits off ``word``, the lowest first."""
    mask, sign = (1 << width) - 1, 1 << (width - 1)
    fields = ((word >> (n * width)) & mask for n in range(count))
    return [(field ^ sign) - sign if signed else field for field in fields]
