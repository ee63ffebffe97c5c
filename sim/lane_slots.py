"""Counts the slots that each beat brings to each lane: all that timing needs to know of data."""

import numpy as np
from numba import njit, prange

from golden.config import MachineConfig
from golden.encoding import Encoding


def lane_slots(x: np.ndarray, reference: np.ndarray, config: MachineConfig) -> np.ndarray:
    """Slots per row, beat and lane: uint8 (rows, beats, lanes).

    ``x`` and ``reference`` are int8 (rows, k). The last beat of a row may be partly empty.
    """
    rows, k = x.shape
    beats = -(-k // config.beat_elements)
    counts = np.empty((rows, beats, config.lanes), np.uint8)
    below, span = (15, 30) if config.encoding is Encoding.SIGN_MAGNITUDE else (8, 15)
    _count(
        np.ascontiguousarray(x), np.ascontiguousarray(reference), config.beat_elements, below, span, counts
    )
    return counts


@njit(cache=True, parallel=True, nogil=True)
def _count(x, reference, beat, below, span, counts):  # pragma: no cover - compiled
    """A low digit is zero where the low nibbles agree; a high one where x - reference + below lies
    within 0 to span."""
    rows, k = x.shape
    beats, lanes = counts.shape[1:]
    for row in prange(rows):
        slots = np.zeros(beats * beat, np.uint8)
        for n in range(k):
            difference = np.int16(np.int16(x[row, n]) - np.int16(reference[row, n]))
            low = np.uint8((difference & np.int16(15)) != 0)
            high = np.uint8(np.uint16(difference + below) > np.uint16(span))
            slots[n] = np.uint8(low + high)
        for number in range(beats):
            for lane in range(lanes):
                total = np.uint8(0)
                for place in range(number * beat + lane, (number + 1) * beat, lanes):
                    total = np.uint8(total + slots[place])
                counts[row, number, lane] = total
