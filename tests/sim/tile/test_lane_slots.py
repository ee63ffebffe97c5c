import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from sim.tile.lane_slots import lane_slots
from tests.helpers import naive

INT8 = np.arange(-128, 128, dtype=np.int8)


@pytest.mark.parametrize("tile", TileKind)
@pytest.mark.parametrize("encoding", Encoding)
def test_every_pair_of_int8_values(encoding, tile):
    config = MachineConfig(tile=tile, lanes=1, beat_elements=1, encoding=encoding)
    x, reference = np.repeat(INT8[:, None], 256, 1), np.repeat(INT8[None], 256, 0)
    counts = lane_slots(x, reference, config)

    assert counts.shape == (256, 256, 1)
    assert counts.tolist() == naive.lane_slots(x, reference, config)


@settings(deadline=None, max_examples=100)
@given(
    lanes=st.integers(1, 6),
    lane_elements=st.sampled_from([1, 2, 4, 8]),
    encoding=st.sampled_from(Encoding),
    tile=st.sampled_from(TileKind),
    rows=st.integers(1, 4),
    k=st.integers(1, 120),
    seed=st.integers(0, 2**32 - 1),
)
def test_ragged_rows_equal_naive(lanes, lane_elements, encoding, tile, rows, k, seed):
    config = MachineConfig(
        tile=tile, lanes=lanes, beat_elements=lanes * lane_elements, encoding=encoding
    )
    rng = np.random.default_rng(seed)
    x, reference = rng.integers(-128, 128, (2, rows, k), dtype=np.int8)
    reference = np.where(rng.random((rows, k)) < 0.5, x, reference)
    assert lane_slots(x, reference, config).tolist() == naive.lane_slots(x, reference, config)


@pytest.mark.parametrize("tile", TileKind)
@pytest.mark.parametrize(("lanes", "beat_elements"), [(4, 64), (1, 32), (3, 12)])
@pytest.mark.parametrize("k", [4096 + 5, 8192])
def test_rows_longer_than_what_is_counted_at_once(k, lanes, beat_elements, tile):
    config = MachineConfig(tile=tile, lanes=lanes, beat_elements=beat_elements, weight_depth=576)
    rng = np.random.default_rng(k)
    x, reference = rng.integers(-128, 128, (2, 2, k), dtype=np.int8)
    assert lane_slots(x, reference, config).tolist() == naive.lane_slots(x, reference, config)


def test_operands_need_not_be_contiguous():
    config = MachineConfig(lanes=2, beat_elements=4)
    rng = np.random.default_rng(0)
    x, reference = rng.integers(-128, 128, (2, 9, 5), dtype=np.int8)
    counts = lane_slots(x.T, reference.T, config)
    assert counts.tolist() == naive.lane_slots(x.T, reference.T, config)


@pytest.mark.parametrize("tile", TileKind)
@pytest.mark.parametrize("k", [5, 8])
def test_matrices_side_by_side_are_counted_one_by_one(k, tile):
    config = MachineConfig(tile=tile, lanes=2, beat_elements=4)
    rng = np.random.default_rng(0)
    x, reference = rng.integers(-128, 128, (2, 3, 7, k), dtype=np.int8)
    counts = lane_slots(x, reference, config)
    assert [each.tolist() for each in counts] == [
        naive.lane_slots(*each, config) for each in zip(x, reference, strict=True)
    ]


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize(
    ("lanes", "beat_elements"), [(16, 256), (4, 256), (2, 128), (1, 64), (3, 192)]
)
def test_widest_beats_full_of_slots(encoding, lanes, beat_elements):
    config = MachineConfig(lanes=lanes, beat_elements=beat_elements, encoding=encoding)
    x = np.full((1, beat_elements), 127, np.int8)
    counts = lane_slots(x, np.full_like(x, -128), config)
    assert counts.tolist() == [[[2 * config.lane_elements] * lanes]]
