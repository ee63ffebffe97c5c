import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.machine.timing import ENCODER_LATENCY, TILE_DRAIN
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import TileCycles, fill_cycles, tile_cycles
from tests.helpers import naive

SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def configs(draw: st.DrawFn) -> MachineConfig:
    lanes = draw(st.integers(1, 6))
    tile = draw(st.sampled_from(TileKind))
    return MachineConfig(
        tile=tile,
        lanes=lanes,
        beat_elements=lanes * draw(st.sampled_from([1, 2, 4, 8])),
        fifo_depth=draw(st.integers(1, 5)),
        rows_in_flight=1 if tile is TileKind.DENSE else draw(st.integers(1, 2)),
        encoding=draw(st.sampled_from(Encoding)),
    )


def random_operands(config: MachineConfig, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Up to twelve rows of up to four beats, each with a density of its own, some all zero.

    Now and then all slots are in one lane, which makes the rows overtake each other.
    """
    rng = np.random.default_rng(seed)
    rows, k = int(rng.integers(1, 13)), int(rng.integers(1, 4 * config.beat_elements + 1))
    x, far = rng.integers(-128, 128, (2, rows, k), dtype=np.int8)
    near = np.clip(x + rng.integers(-20, 21, (rows, k)), -128, 127).astype(np.int8)
    density = rng.choice([0, 0.05, 0.3, 0.6, 1], (rows, 1))
    changed = rng.random((rows, k)) < density
    if rng.random() < 0.4:
        changed &= np.arange(k) % config.lanes == rng.integers(0, config.lanes, (rows, 1))
    return x, np.where(changed, np.where(rng.random((rows, 1)) < 0.4, far, near), x)


def random_arrivals(beats: int, seed: int) -> np.ndarray:
    """Mostly at the tile's own pace, now and then late; one may come before its predecessor."""
    rng = np.random.default_rng(seed)
    gaps = rng.choice([-1, 0, 1, 1, 1, 2, 5, 30], beats)
    return np.maximum(np.cumsum(gaps, dtype=np.int64), 0)


def run(x: np.ndarray, reference: np.ndarray, config: MachineConfig) -> TileCycles:
    return tile_cycles(lane_slots(x, reference, config), config)


@settings(deadline=None, max_examples=500)
@given(configs(), SEEDS)
def test_cycles_equal_the_clocked_model(config, seed):
    x, reference = random_operands(config, seed)
    timing = run(x, reference, config)
    assert timing.closed.tolist() == naive.tile_closes(x, reference, config)


@settings(deadline=None, max_examples=500)
@given(configs(), SEEDS)
def test_cycles_with_arrivals_equal_the_clocked_model(config, seed):
    x, reference = random_operands(config, seed)
    counts = lane_slots(x, reference, config)
    arrivals = random_arrivals(counts.shape[0] * counts.shape[1], seed)
    timing = tile_cycles(counts, config, arrivals)
    assert timing.closed.tolist() == naive.tile_closes(x, reference, config, arrivals.tolist())


@settings(deadline=None, max_examples=100)
@given(configs(), SEEDS)
def test_arrivals_at_once_are_no_arrivals(config, seed):
    counts = lane_slots(*random_operands(config, seed), config)
    at_once = np.zeros(counts.shape[0] * counts.shape[1], np.int64)
    with_arrivals = tile_cycles(counts, config, at_once)
    assert with_arrivals.closed.tolist() == tile_cycles(counts, config).closed.tolist()


@settings(deadline=None, max_examples=200)
@given(configs(), SEEDS, st.booleans())
def test_breakdown_adds_up_to_the_total(config, seed, late):
    counts = lane_slots(*random_operands(config, seed), config)
    arrivals = random_arrivals(counts.shape[0] * counts.shape[1], seed) if late else None
    timing = tile_cycles(counts, config, arrivals)
    causes = timing.breakdown()

    assert set(causes) == {"lane", "imbalance", "encoder", "row_end", "fill_drain"}
    assert causes["lane"] == counts.sum(dtype=int) / config.lanes
    assert sum(causes.values()) == timing.total
    # Imbalance is left out: running ahead may hide more than it.
    assert min(causes[name] for name in ("lane", "encoder", "row_end")) >= 0
    assert causes["fill_drain"] == fill_cycles(config) + TILE_DRAIN + 1


@settings(deadline=None, max_examples=200)
@given(configs(), SEEDS)
def test_bounds(config, seed):
    x, reference = random_operands(config, seed)
    counts = lane_slots(x, reference, config)
    timing = tile_cycles(counts, config)

    assert timing.slots.tolist() == counts.sum(axis=(1, 2), dtype=int).tolist()
    assert timing.fullest.tolist() == counts.sum(axis=1, dtype=int).max(axis=1).tolist()
    assert timing.total == timing.offered[-1] + 1
    assert timing.total >= timing.slots.sum() / config.lanes
    assert timing.total >= counts.sum(axis=(0, 1), dtype=int).max()
    assert timing.total >= len(counts) * counts.shape[1]
    assert (np.diff(timing.closed) > 0).all()
    assert (timing.offered - timing.closed == TILE_DRAIN).all()


@pytest.mark.parametrize("rows_in_flight", [1, 2])
def test_rows_that_are_all_zero_close_one_per_beat(rows_in_flight):
    config = MachineConfig(lanes=2, beat_elements=4, rows_in_flight=rows_in_flight)
    rows = np.zeros((5, 4), np.int8)
    timing = run(rows, rows, config)

    assert timing.closed.tolist() == [2, 3, 4, 5, 6]
    assert timing.breakdown() == {
        "lane": 0,
        "imbalance": 0,
        "encoder": 0,
        "row_end": 5,
        "fill_drain": ENCODER_LATENCY + TILE_DRAIN + 1,
    }
    assert timing.closed.tolist() == naive.tile_closes(rows, rows, config)


def test_zero_rows_of_several_beats_wait_for_the_encoder():
    config = MachineConfig(lanes=2, beat_elements=4)
    rows = np.zeros((3, 12), np.int8)
    timing = run(rows, rows, config)
    assert timing.closed.tolist() == [4, 7, 10]
    assert timing.breakdown()["encoder"] == 6
    assert timing.breakdown()["row_end"] == 3


@pytest.mark.parametrize(("difference", "closed"), [(0, 2), (1, 2), (16, 2), (17, 3)])
def test_one_row_of_one_element(difference, closed):
    config = MachineConfig(lanes=4, beat_elements=8)
    x = np.array([[difference]], np.int8)
    timing = run(x, np.zeros_like(x), config)

    assert timing.closed.tolist() == [closed]
    assert timing.closed.tolist() == naive.tile_closes(x, np.zeros_like(x), config)
    assert timing.total == closed + TILE_DRAIN + 1
    assert timing.row_cycles.tolist() == [closed - ENCODER_LATENCY]


def test_one_dense_row_takes_the_time_of_its_slots():
    config = MachineConfig(lanes=4, beat_elements=32)
    x = np.full((1, 256), 127, np.int8)
    timing = run(x, np.full_like(x, -128), config)
    assert timing.closed.tolist() == [ENCODER_LATENCY + 2 * 256 // 4]
    assert timing.breakdown()["lane"] == 128


def test_a_second_row_in_flight_hides_imbalance():
    # The rows alternate between two lanes: together they keep both busy.
    x = np.zeros((8, 16), np.int8)
    x[0::2, 0::2] = 1
    x[1::2, 1::2] = 1
    cycles = []
    for rows_in_flight in (1, 2):
        config = MachineConfig(lanes=2, beat_elements=16, rows_in_flight=rows_in_flight)
        timing = run(x, np.zeros_like(x), config)
        assert timing.closed.tolist() == naive.tile_closes(x, np.zeros_like(x), config)
        cycles.append(timing.total)
    assert cycles[1] < cycles[0]


def test_a_dense_tile_takes_an_element_per_lane_and_cycle_whatever_its_value():
    config = MachineConfig(tile=TileKind.DENSE, lanes=4, beat_elements=16)
    zeros = np.zeros((3, 40), np.int8)
    timing = run(zeros, zeros, config)
    # 40 elements are 3 beats, the last one partly empty.
    assert timing.closed.tolist() == [12, 24, 36]
    assert timing.breakdown() == {
        "lane": 36,
        "imbalance": 0,
        "encoder": 0,
        "row_end": 0,
        "fill_drain": TILE_DRAIN + 1,
    }


@pytest.mark.parametrize(
    ("tile", "closed"),
    [
        # Differences 0, 1, 16, 17 in one lane: a cycle until the first slot leaves.
        (TileKind.DITTO, 1 + 0 + 1 + 1 + 2),
        (TileKind.BIT_WIDTH, 1 + 1 + 1 + 2 + 2),
        (TileKind.SPARSITY, 1 + 0 + 2 + 2 + 2),
        (TileKind.DENSE, 4),
    ],
)
def test_what_kinds_of_tiles_take_for_an_element(tile, closed):
    config = MachineConfig(tile=tile, lanes=1, beat_elements=4)
    x = np.array([[0, 1, 16, 17]], np.int8)
    assert run(x, np.zeros_like(x), config).closed.tolist() == [closed]
