"""How rows become beats at a tile's input."""

import numpy as np

from golden.machine.config import MachineConfig


def pad_to_beats(rows: np.ndarray, config: MachineConfig) -> np.ndarray:
    """Cuts int8 rows (rows, k) into beats: (rows, beats, beat_elements), the last padded with 0."""
    count, k = rows.shape
    beats = -(-k // config.beat_elements)
    padded = np.zeros((count, beats * config.beat_elements), np.int8)
    padded[:, :k] = rows
    return padded.reshape(count, beats, config.beat_elements)


def valid_elements(k: int, config: MachineConfig) -> np.ndarray:
    """Valid elements of each beat of a row of ``k`` elements, int64 (beats,)."""
    starts = np.arange(0, k, config.beat_elements)
    return np.minimum(k - starts, config.beat_elements)
