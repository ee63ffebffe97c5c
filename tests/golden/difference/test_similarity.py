import math
from dataclasses import dataclass

import numpy as np
import pytest

from golden.difference.layer import Operands
from golden.difference.layer_step import LayerInput, Previous
from golden.difference.similarity import cosines, spatial_similarity, temporal_similarity

ZERO_POINT = -7


@dataclass(frozen=True)
class StubLayer:
    """What similarity reads of a layer."""

    moving: bool = False
    zero_point: int = ZERO_POINT
    name: str = "stub"


def random_operands(rng: np.random.Generator, count: int = 3, rows: int = 4, k: int = 5):
    first = rng.integers(-128, 128, (count, rows, k)).astype(np.int8)
    return Operands(first, rng.integers(-128, 128, (count, k, 6)).astype(np.int8))


def layer_input(operands, before=None, **layer) -> LayerInput:
    previous = Previous(before, np.zeros(0, np.int32)) if before else None
    return LayerInput(StubLayer(**layer), int(before is not None), operands, previous)


def naive_cosine(one: list[int], other: list[int]) -> float:
    squares = sum(a * a for a in one), sum(b * b for b in other)
    if not all(squares):
        return float(squares == (0, 0))
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.sqrt(math.prod(squares))


def naive_range(values: list[int]) -> int:
    return max(values) - min(values)


def relative(tensor: np.ndarray, zero_point: int = ZERO_POINT) -> list[int]:
    return [int(value) - zero_point for value in tensor.ravel()]


def naive_temporal(now: np.ndarray, before: np.ndarray, zero_point: int) -> list[float]:
    """Cosine, range of values and range of differences, averaged over the first axis."""
    images = zip(now, before, strict=True)
    pairs = [(relative(a, zero_point), relative(b, zero_point)) for a, b in images]
    changes = [[a - b for a, b in zip(*pair, strict=True)] for pair in pairs]
    return [
        float(np.mean([naive_cosine(*pair) for pair in pairs])),
        float(np.mean([naive_range(a) for a, _ in pairs])),
        float(np.mean([naive_range(change) for change in changes])),
    ]


def test_temporal_equals_naive():
    rng = np.random.default_rng(0)
    now, before = random_operands(rng), random_operands(rng)
    found = temporal_similarity(layer_input(now, before), images=3)
    expected = naive_temporal(now.first, before.first, ZERO_POINT)
    assert list(vars(found).values()) == pytest.approx(expected, rel=1e-12)


def test_heads_belong_to_their_image():
    rng = np.random.default_rng(1)
    now, before = random_operands(rng, count=4), random_operands(rng, count=4)
    found = temporal_similarity(layer_input(now, before), images=2)
    by_image = [o.first.reshape(2, -1) for o in (now, before)]
    expected = naive_temporal(*by_image, ZERO_POINT)
    assert list(vars(found).values()) == pytest.approx(expected, rel=1e-12)


def test_two_changing_operands_are_averaged():
    rng = np.random.default_rng(2)
    now, before = random_operands(rng), random_operands(rng)
    found = temporal_similarity(layer_input(now, before, moving=True, zero_point=0), images=3)
    parts = [naive_temporal(now[i], before[i], 0) for i in range(2)]
    expected = np.mean(parts, axis=0).tolist()
    assert list(vars(found).values()) == pytest.approx(expected, rel=1e-12)


def test_the_first_step_has_values_only():
    found = temporal_similarity(layer_input(random_operands(np.random.default_rng(3))), images=3)
    assert math.isnan(found.cosine) and math.isnan(found.difference_range)
    assert found.value_range > 0


def test_spatial_equals_naive():
    operands = random_operands(np.random.default_rng(4))
    found = spatial_similarity(layer_input(operands), images=3)
    similar, value_ranges, ranges = [], [], []
    for image in operands.first:
        rows = [relative(row) for row in image]
        pairs = list(zip(rows[1:], rows[:-1], strict=True))
        similar += [naive_cosine(*pair) for pair in pairs]
        value_ranges.append(naive_range([value for row in rows for value in row]))
        ranges.append(naive_range([a - b for pair in pairs for a, b in zip(*pair, strict=True)]))
    assert found.cosine == pytest.approx(np.mean(similar), rel=1e-12)
    assert found.value_range == pytest.approx(np.mean(value_ranges))
    assert found.difference_range == pytest.approx(np.mean(ranges))


def test_one_row_has_no_neighbours():
    operands = random_operands(np.random.default_rng(5), rows=1)
    found = spatial_similarity(layer_input(operands), images=3)
    assert math.isnan(found.cosine) and math.isnan(found.difference_range)


def test_cosines_of_zeros():
    zeros, ones = np.zeros((1, 3)), np.ones((1, 3))
    assert cosines(zeros, zeros).tolist() == [1]
    assert cosines(zeros, ones).tolist() == [0]
    assert cosines(ones, -2 * ones) == pytest.approx([-1])


def test_extremes_of_int8_do_not_overflow():
    now = Operands(np.array([[[-128, 127]]], np.int8), np.ones((1, 2, 1), np.int8))
    before = Operands(np.array([[[127, -128]]], np.int8), now.second)
    found = temporal_similarity(layer_input(now, before, zero_point=0), images=1)
    assert (found.value_range, found.difference_range) == (255, 510)
