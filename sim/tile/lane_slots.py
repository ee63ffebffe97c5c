"""Counts the slots that each beat brings to each lane: all that timing needs to know of data."""

import numpy as np

from golden.formats.encoding import Encoding
from golden.jit import njit
from golden.machine.config import MachineConfig

_WORD = 8


def lane_slots(x: np.ndarray, reference: np.ndarray, config: MachineConfig) -> np.ndarray:
    """Slots per row, beat and lane: uint8 (rows, beats, lanes).

    ``x`` and ``reference`` are int8 (rows, k). The last beat of a row may be partly empty.
    """
    rows, k = x.shape
    beats = -(-k // config.beat_elements)
    counts = np.empty((rows, beats, config.lanes), np.uint8)
    # Rounded up to whole words; what lies beyond the row's end stays zero.
    slots = np.zeros(-(-beats * config.beat_elements // _WORD) * _WORD, np.uint8)
    low, span = (15, 30) if config.encoding is Encoding.SIGN_MAGNITUDE else (8, 15)
    operands = (np.ascontiguousarray(x), np.ascontiguousarray(reference))
    bounds = (np.int16(low), np.uint16(span))
    if _WORD % config.lanes == 0 and config.beat_elements % _WORD == 0:
        # All lanes of a beat as one integer, so that they are written at once.
        lane_words = counts.view(f"u{config.lanes}")[..., 0]
        _count_by_words(*operands, *bounds, slots, slots.view(np.uint64), lane_words)
    else:
        _count(*operands, *bounds, config.lane_elements, slots, counts)
    return counts


@njit(cache=True, nogil=True)
def _element_slots(x, reference, low, span, slots):  # pragma: no cover - compiled
    """The low digit is zero where the low nibbles agree; the high digit is zero where
    ``x - reference + low`` lies within 0 to ``span``. Narrow types let it run on bytes.
    """
    for n in range(len(x)):
        nibble = (x[n] ^ reference[n]) & np.int8(15)
        shifted = np.uint16(np.int16(np.int16(x[n]) - np.int16(reference[n]) + low))
        slots[n] = np.uint8(nibble != np.int8(0)) + np.uint8(shifted > span)


@njit(cache=True, nogil=True)
def _count(x, reference, low, span, per_beat, slots, counts):  # pragma: no cover - compiled
    rows, beats, lanes = counts.shape
    for row in range(rows):
        _element_slots(x[row], reference[row], low, span, slots)
        for beat in range(beats):
            for lane in range(lanes):
                total = np.uint8(0)
                for n in range(per_beat):
                    total = np.uint8(total + slots[(beat * per_beat + n) * lanes + lane])
                counts[row, beat, lane] = total


@njit(cache=True, nogil=True)
def _count_by_words(x, reference, low, span, slots, words, counts):  # pragma: no cover - compiled
    """Adds eight elements at a time as bytes of a word, then folds the word onto the lanes."""
    rows, beats = counts.shape
    per_beat = len(words) // beats
    for row in range(rows):
        _element_slots(x[row], reference[row], low, span, slots)
        for beat in range(beats):
            total = np.uint64(0)
            for n in range(per_beat):
                total += words[beat * per_beat + n]
            width = 4
            while width >= counts.itemsize:
                total += total >> np.uint64(8 * width)
                width //= 2
            counts[row, beat] = total
