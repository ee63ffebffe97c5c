"""Counts the slots that each beat brings to each lane: all that timing needs to know of data."""

import numpy as np

from golden.formats.encoding import Encoding
from golden.jit import engine
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind

_WORD = 8
_WORDS = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}
_BLOCK = 4096
"""Elements at a time, whose slots stay in the first-level cache"""
_DITTO, _BIT_WIDTH, _SPARSITY = range(3)
_KINDS = {
    TileKind.DITTO: _DITTO,
    TileKind.BIT_WIDTH: _BIT_WIDTH,
    TileKind.SPARSITY: _SPARSITY,
}
_NARROW = {
    Encoding.SIGN_MAGNITUDE: (np.uint8(15), np.uint8(0)),
    Encoding.TWOS_COMPLEMENT: (np.uint8(7), np.uint8(1)),
}
"""The largest difference that one digit holds, and by how much it may be larger below zero"""


def lane_slots(x: np.ndarray, reference: np.ndarray, config: MachineConfig) -> np.ndarray:
    """Slots per row, beat and lane: uint8 (..., beats, lanes).

    ``x`` and ``reference`` are int8 (..., k). The last beat of a row may be partly empty: what
    lies beyond the row's end takes a slot where elements that are zero do.
    """
    *rows, k = x.shape
    beat_elements, lanes = config.beat_elements, config.lanes
    beats = -(-k // beat_elements)
    if config.tile is TileKind.DENSE:
        return dense_slots(*rows, beats, config=config)
    counts = np.empty((*rows, beats, lanes), np.uint8)
    # Where no row has an end within a beat, all are one.
    shape = (-1, k) if k % beat_elements else (1, -1)
    operands = (
        np.ascontiguousarray(x).reshape(shape),
        np.ascontiguousarray(reference).reshape(shape),
    )
    rules = _KINDS[config.tile], *_NARROW[config.encoding]
    beyond = np.uint8(0 if config.tile.skips_elements else 1)
    sizes = beyond, beat_elements
    slots = np.empty(_BLOCK // beat_elements * beat_elements, np.uint8)
    if _WORD % lanes == 0:
        # All lanes of some elements as one integer, so that they are added at once.
        word = _WORDS[lanes]
        words = slots.view(word)
        lane_words = counts.view(word).reshape(len(operands[0]), -1)
        _count_by_words(*operands, rules, *sizes, slots, words, np.empty_like(words), lane_words)
    else:
        each = counts.reshape(len(operands[0]), -1, lanes)
        _count(*operands, rules, *sizes, slots, each)
    return counts


def dense_slots(*beats: int, config: MachineConfig) -> np.ndarray:
    """Slots of a dense tile, which do not depend on values: uint8, lanes as a further axis."""
    return np.full((*beats, config.lanes), config.lane_elements, np.uint8)


@engine
def _element_slots(x, reference, rules, slots):  # pragma: no cover - compiled
    """The low digit is zero where the low nibbles agree; the high digit is zero where the
    difference is ``narrow`` at most, or, below zero, ``narrow + lower``. All of it runs on bytes.
    """
    kind, narrow, lower = rules
    if kind == _SPARSITY:
        for n in range(len(x)):
            slots[n] = np.uint8(x[n] != reference[n]) << np.uint8(1)
        return
    if kind == _BIT_WIDTH:
        for n in range(len(x)):
            slots[n] = np.uint8(1) + np.uint8(_distance(x[n], reference[n], lower) > narrow)
        return
    for n in range(len(x)):
        nibble = (x[n] ^ reference[n]) & np.int8(15)
        wide = _distance(x[n], reference[n], lower) > narrow
        slots[n] = np.uint8(nibble != np.int8(0)) + np.uint8(wide)


@engine(inline="always")
def _distance(x, reference, lower):  # pragma: no cover - compiled
    one, other = np.uint8(x) ^ np.uint8(128), np.uint8(reference) ^ np.uint8(128)
    above, below = np.uint8(one - other), np.uint8(np.uint8(other - one) - lower)
    return above if one >= other else below


@engine
def _block_slots(x, reference, rules, beyond, beat_elements, slots):  # pragma: no cover - compiled
    """Slots of some elements of a row, with what its last beat has beyond them: how many beats."""
    _element_slots(x, reference, rules, slots)
    beats = -(-len(x) // beat_elements)
    for n in range(len(x), beats * beat_elements):
        slots[n] = beyond
    return beats


@engine
def _count(
    x, reference, rules, beyond, beat_elements, slots, counts
):  # pragma: no cover - compiled
    lanes = counts.shape[2]
    per_beat = beat_elements // lanes
    for row in range(len(x)):
        for begin in range(0, x.shape[1], len(slots)):
            part = x[row, begin : begin + len(slots)], reference[row, begin : begin + len(slots)]
            beats = _block_slots(*part, rules, beyond, beat_elements, slots)
            first = begin // beat_elements
            for beat in range(beats):
                for lane in range(lanes):
                    total = np.uint8(0)
                    for n in range(per_beat):
                        total = np.uint8(total + slots[(beat * per_beat + n) * lanes + lane])
                    counts[row, first + beat, lane] = total


@engine
def _count_by_words(
    x, reference, rules, beyond, beat_elements, slots, words, spare, counts
):  # pragma: no cover - compiled
    """Adds the elements of a beat as bytes of words that hold all lanes, in halves."""
    per_beat = beat_elements // counts.itemsize
    for row in range(len(x)):
        for begin in range(0, x.shape[1], len(slots)):
            part = x[row, begin : begin + len(slots)], reference[row, begin : begin + len(slots)]
            beats = _block_slots(*part, rules, beyond, beat_elements, slots)
            first = begin // beat_elements
            into = counts[row, first : first + beats]
            _add_up(words, spare, beats * per_beat, into)


@engine
def _add_up(words, spare, size, sums):  # pragma: no cover - compiled
    """Sums of neighbours among the first ``size`` words, which they are as many times fewer."""
    source, target = words, spare
    while size > 4 * len(sums):
        size //= 2
        _halve(source, target[:size])
        source, target = target, source
    if size == 4 * len(sums):
        for n in range(np.uint64(len(sums))):
            at = np.uint64(4) * n
            one = source[at] + source[at + np.uint64(1)]
            sums[n] = one + source[at + np.uint64(2)] + source[at + np.uint64(3)]
    elif size == 2 * len(sums):
        _halve(source, sums)
    else:
        for n in range(size):
            sums[n] = source[n]


@engine
def _halve(words, halves):  # pragma: no cover - compiled
    for n in range(np.uint64(len(halves))):
        at = np.uint64(2) * n
        halves[n] = words[at] + words[at + np.uint64(1)]
