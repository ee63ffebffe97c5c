"""Counts the slots that each beat brings to each lane: all that timing needs to know of data."""

import numpy as np

from golden.formats.encoding import Encoding
from golden.jit import njit
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind

_WORD = 8
_DITTO, _BIT_WIDTH, _SPARSITY = range(3)
_KINDS = {
    TileKind.DITTO: _DITTO,
    TileKind.BIT_WIDTH: _BIT_WIDTH,
    TileKind.SPARSITY: _SPARSITY,
}


def lane_slots(x: np.ndarray, reference: np.ndarray, config: MachineConfig) -> np.ndarray:
    """Slots per row, beat and lane: uint8 (rows, beats, lanes).

    ``x`` and ``reference`` are int8 (rows, k). The last beat of a row may be partly empty: what
    lies beyond the row's end takes a slot where elements that are zero do.
    """
    rows, k = x.shape
    beats = -(-k // config.beat_elements)
    if config.tile is TileKind.DENSE:
        return dense_slots(rows, beats, config)
    counts = np.empty((rows, beats, config.lanes), np.uint8)
    # Rounded up to whole words; what lies beyond the row's end stays as it is.
    beyond = 0 if config.tile.skips_elements else 1
    slots = np.full(-(-beats * config.beat_elements // _WORD) * _WORD, beyond, np.uint8)
    low, span = (15, 30) if config.encoding is Encoding.SIGN_MAGNITUDE else (8, 15)
    operands = (np.ascontiguousarray(x), np.ascontiguousarray(reference))
    bounds = (_KINDS[config.tile], np.int16(low), np.uint16(span))
    if _WORD % config.lanes == 0 and config.beat_elements % _WORD == 0:
        # All lanes of a beat as one integer, so that they are written at once.
        lane_words = counts.view(f"u{config.lanes}")[..., 0]
        _count_by_words(*operands, *bounds, slots, slots.view(np.uint64), lane_words)
    else:
        _count(*operands, *bounds, config.lane_elements, slots, counts)
    return counts


def dense_slots(rows: int, beats: int, config: MachineConfig) -> np.ndarray:
    """Slots of a dense tile, which do not depend on values: uint8 (rows, beats, lanes)."""
    return np.full((rows, beats, config.lanes), config.lane_elements, np.uint8)


@njit(cache=True, nogil=True)
def _element_slots(x, reference, kind, low, span, slots):  # pragma: no cover - compiled
    """The low digit is zero where the low nibbles agree; the high digit is zero where
    ``x - reference + low`` lies within 0 to ``span``. Narrow types let it run on bytes.
    """
    if kind == _SPARSITY:
        for n in range(len(x)):
            slots[n] = np.uint8(x[n] != reference[n]) << np.uint8(1)
        return
    if kind == _BIT_WIDTH:
        for n in range(len(x)):
            shifted = np.uint16(np.int16(np.int16(x[n]) - np.int16(reference[n]) + low))
            slots[n] = np.uint8(1) + np.uint8(shifted > span)
        return
    for n in range(len(x)):
        nibble = (x[n] ^ reference[n]) & np.int8(15)
        shifted = np.uint16(np.int16(np.int16(x[n]) - np.int16(reference[n]) + low))
        slots[n] = np.uint8(nibble != np.int8(0)) + np.uint8(shifted > span)


@njit(cache=True, nogil=True)
def _count(x, reference, kind, low, span, per_beat, slots, counts):  # pragma: no cover - compiled
    rows, beats, lanes = counts.shape
    for row in range(rows):
        _element_slots(x[row], reference[row], kind, low, span, slots)
        for beat in range(beats):
            for lane in range(lanes):
                total = np.uint8(0)
                for n in range(per_beat):
                    total = np.uint8(total + slots[(beat * per_beat + n) * lanes + lane])
                counts[row, beat, lane] = total


@njit(cache=True, nogil=True)
def _count_by_words(
    x, reference, kind, low, span, slots, words, counts
):  # pragma: no cover - compiled
    """Adds eight elements at a time as bytes of a word, then folds the word onto the lanes."""
    rows, beats = counts.shape
    per_beat = len(words) // beats
    for row in range(rows):
        _element_slots(x[row], reference[row], kind, low, span, slots)
        for beat in range(beats):
            total = np.uint64(0)
            for n in range(per_beat):
                total += words[beat * per_beat + n]
            width = 4
            while width >= counts.itemsize:
                total += total >> np.uint64(8 * width)
                width //= 2
            counts[row, beat] = total
