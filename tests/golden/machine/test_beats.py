import numpy as np
import pytest

from golden.machine.beats import pad_to_beats, valid_elements
from golden.machine.config import MachineConfig

CONFIG = MachineConfig(lanes=3, beat_elements=6)


@pytest.mark.parametrize("k", [1, 5, 6, 7, 12, 13, 100])
def test_beats_hold_the_row_and_zeros(k):
    rows = np.random.default_rng(k).integers(-128, 128, (4, k), dtype=np.int8)
    beats = pad_to_beats(rows, CONFIG)

    assert beats.dtype == np.int8
    assert beats.shape == (4, -(-k // 6), 6)
    flat = beats.reshape(4, -1)
    np.testing.assert_array_equal(flat[:, :k], rows)
    assert not flat[:, k:].any()


@pytest.mark.parametrize(
    ("k", "valid"), [(1, [1]), (5, [5]), (6, [6]), (7, [6, 1]), (12, [6, 6]), (17, [6, 6, 5])]
)
def test_valid_elements(k, valid):
    assert valid_elements(k, CONFIG).tolist() == valid
