import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.tile import side_by_side
from sim.tile.side_by_side import EARLY, LEAST_BEATS, close_side_by_side
from sim.tile.tile import close_one_by_one, close_rows
from sim.tile.vectors import SIDE


def random_counts(rows: int, beats: int, lanes: int, seed: int) -> np.ndarray:
    """Rows of densities of their own, in some of them few lanes only, runs of rows alike."""
    rng = np.random.default_rng(seed)
    most = int(rng.choice([1, 2, 8, 32]))
    density = np.repeat(rng.choice([0, 0.05, 0.3, 0.6, 1], -(-rows // 5)), 5)[:rows]
    counts = rng.integers(1, most + 1, (rows, beats, lanes))
    counts *= rng.random(counts.shape) < density[:, None, None]
    if rng.random() < 0.5:
        counts *= rng.random((rows, 1, lanes)) < 0.5
    return counts.astype(np.uint8)


def one_by_one(counts: np.ndarray, depth: int, rows_in_flight: int) -> np.ndarray:
    closed = np.empty(len(counts), np.int64)
    zeros = (0,) * counts.shape[2]
    close_one_by_one(counts, zeros, depth, rows_in_flight, 2 * rows_in_flight, None, closed)
    return closed


def assert_totals(totals: np.ndarray, counts: np.ndarray) -> None:
    in_lanes = counts.sum(axis=1, dtype=np.int64)
    assert totals.tolist() == [in_lanes.max(axis=1).tolist(), in_lanes.sum(axis=1).tolist()]


@settings(deadline=None, max_examples=300)
@given(
    lanes=st.sampled_from([1, 2, 3, 4, 6, 8]),
    depth=st.integers(1, 16),
    rows_in_flight=st.integers(1, 2),
    rows=st.integers(SIDE + EARLY, 150),
    beats=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_as_one_row_after_the_other(lanes, depth, rows_in_flight, rows, beats, seed):
    """For any number of rows, of which stretches get as many or one less, or none."""
    beats = max(beats, -(-LEAST_BEATS // rows))
    counts = random_counts(rows, beats, lanes, seed)
    expected = one_by_one(counts, depth, rows_in_flight)
    closed = np.full(rows, -1, np.int64)
    totals = np.full((2, rows), -1, np.int64)
    zeros = (0,) * lanes
    if close_side_by_side(counts, zeros, depth, rows_in_flight, closed, totals):
        assert closed.tolist() == expected.tolist()
        assert_totals(totals, counts)
        closed[:] = totals[:] = -1
    close_rows(counts, zeros, depth, rows_in_flight, 2 * rows_in_flight, None, closed, totals)
    assert closed.tolist() == expected.tolist()
    assert_totals(totals, counts)


@pytest.mark.parametrize("rows", [*range(SIDE + EARLY, 3 * SIDE + EARLY + 2), 256])
def test_rows_of_many_beats_are_timed_side_by_side(rows: int) -> None:
    beats = -(-LEAST_BEATS // rows)
    counts = np.random.default_rng(rows).integers(0, 9, (rows, beats, 4), dtype=np.uint8)
    closed = np.empty(rows, np.int64)
    assert close_side_by_side(counts, (0,) * 4, 4, 1, closed, None)
    assert closed.tolist() == one_by_one(counts, 4, 1).tolist()


def test_what_stretches_cannot_know_early_is_timed_anew() -> None:
    """A lane that is behind by many rows: a tile with two rows in flight may be, with no end."""
    counts = np.zeros((200, 8, 2), np.uint8)
    counts[0::2, :, 0] = 4
    counts[1::2, :, 1] = 4
    counts[:3, :, 0] = 40
    closed = np.empty(len(counts), np.int64)
    expected = one_by_one(counts, 16, 2)
    if close_side_by_side(counts, (0, 0), 16, 2, closed, None):
        assert closed.tolist() == expected.tolist()
    close_rows(counts, (0, 0), 16, 2, 4, None, closed, None)
    assert closed.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("rows", "beats", "depth", "slots"),
    [
        (SIDE + EARLY - 1, 100, 4, 8),
        (20, LEAST_BEATS // 20, 4, 8),
        (64, 32, side_by_side.MOST_DEPTH + 1, 8),
        (64, 3700, 4, 8),
        (64, 130, 4, 255),
        (64, side_by_side.MOST_SLOTS // 32 + 1, 4, 8),
    ],
)
def test_what_does_not_pay_or_fit_is_left_to_others(rows, beats, depth, slots) -> None:
    counts = np.full((rows, beats, 4), slots, np.uint8)
    closed = np.empty(rows, np.int64)
    assert not close_side_by_side(counts, (0,) * 4, depth, 1, closed, None)


def test_the_most_slots_of_a_row_fit() -> None:
    counts = np.full((40, side_by_side.MOST_SLOTS // 32, 4), 8, np.uint8)
    closed, totals = np.empty(40, np.int64), np.empty((2, 40), np.int64)
    assert close_side_by_side(counts, (0,) * 4, 4, 1, closed, totals)
    assert_totals(totals, counts)
    assert closed.tolist() == one_by_one(counts, 4, 1).tolist()


def test_the_most_cycles_between_rows_fit() -> None:
    for rows_in_flight, depth in ((1, 4), (2, 16)):
        kept = 4 * rows_in_flight * (depth + 1)
        beats = side_by_side.MOST_CYCLES // 129 - kept
        counts = np.full((40, beats, 2), 128, np.uint8)
        closed = np.empty(len(counts), np.int64)
        totals = np.empty((2, len(counts)), np.int64)
        assert close_side_by_side(counts, (0, 0), depth, rows_in_flight, closed, totals)
        assert_totals(totals, counts)
        assert closed.tolist() == one_by_one(counts, depth, rows_in_flight).tolist()
