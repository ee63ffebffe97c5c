import math

import numpy as np
import pytest

from golden import operators


def close(found: np.ndarray, expected: object, **tolerance: float) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, **({"rtol": 1e-5, "atol": 1e-6} | tolerance))


def silu(x: float) -> float:
    return x / (1 + math.exp(-x))


def softmax(values: list[float]) -> list[float]:
    total = sum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def test_silu():
    x = np.linspace(-20, 20, 401, dtype=np.float32)
    close(operators.silu(x), [silu(value) for value in x.tolist()])


def test_silu_far_out_neither_overflows_nor_warns():
    x = np.array([-1e30, -1e4, 1e4, 1e30], np.float32)
    close(operators.silu(x)[1:], [0, 1e4, 1e30])
    assert operators.sigmoid(x).tolist() == pytest.approx([0, 0, 1, 1], abs=1e-30)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm(groups):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((2, 3, 4, 6)) * 3 + 5).astype(np.float32)
    weight, bias = rng.standard_normal((2, 6)).astype(np.float32)
    expected = np.empty(x.shape)
    size = 6 // groups
    for n in range(2):
        for group in range(groups):
            channels = slice(group * size, (group + 1) * size)
            values = x[n, :, :, channels].astype(np.float64)
            normed = (values - values.mean()) / math.sqrt(values.var() + operators.NORM_EPSILON)
            expected[n, :, :, channels] = normed * weight[channels] + bias[channels]
    close(operators.group_norm(x, weight, bias, groups), expected, atol=1e-5)


def test_group_norm_of_a_constant_is_the_bias():
    x = np.full((1, 2, 2, 4), 3, np.float32)
    bias = np.arange(4, dtype=np.float32)
    found = operators.group_norm(x, np.ones(4, np.float32), bias, 2)
    close(found, np.broadcast_to(bias, x.shape))


def test_upsample():
    x = np.arange(2 * 2 * 3 * 2, dtype=np.float32).reshape(2, 2, 3, 2)
    found = operators.upsample(x)
    assert found.shape == (2, 4, 6, 2)
    for y in range(4):
        for column in range(6):
            np.testing.assert_array_equal(found[:, y, column], x[:, y // 2, column // 2])


def test_softmax():
    x = np.random.default_rng(1).standard_normal((3, 4, 5)).astype(np.float32) * 4
    expected = [[softmax(row) for row in plane] for plane in x.tolist()]
    close(operators.softmax(x), expected)


def test_softmax_of_large_values_does_not_overflow():
    close(operators.softmax(np.array([[1e4, 1e4, -1e4]], np.float32)), [[0.5, 0.5, 0]])


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_attention(heads):
    rng = np.random.default_rng(2)
    batch, height, width, channels = 2, 2, 3, 8
    qkv = rng.standard_normal((batch, height, width, 3 * channels)).astype(np.float32)
    size = channels // heads
    expected = np.zeros((batch, height * width, channels))
    for n in range(batch):
        pixels = qkv[n].reshape(height * width, 3 * channels).astype(np.float64)
        query, key, value = pixels[:, :8], pixels[:, 8:16], pixels[:, 16:]
        for head in range(heads):
            own = slice(head * size, (head + 1) * size)
            for at in range(height * width):
                scores = [query[at, own] @ other / math.sqrt(size) for other in key[:, own]]
                for share, other in zip(softmax(scores), value[:, own], strict=True):
                    expected[n, at, own] += share * other
    close(operators.attention(qkv, heads), expected.reshape(batch, height, width, channels))


@pytest.mark.parametrize("time", [0, 1, 500, 999])
def test_time_embedding(time):
    rng = np.random.default_rng(3)
    frequencies, width = 6, 5
    shapes = [(2 * frequencies, width), (width,), (width, width), (width,)]
    weights = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    angles = [time / 10000 ** (n / frequencies) for n in range(frequencies)]
    wave = [math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles]
    hidden = [
        silu(sum(a * b for a, b in zip(wave, column, strict=True)) + bias)
        for column, bias in zip(weights[0].T.tolist(), weights[1].tolist(), strict=True)
    ]
    expected = [
        silu(sum(a * b for a, b in zip(hidden, column, strict=True)) + bias)
        for column, bias in zip(weights[2].T.tolist(), weights[3].tolist(), strict=True)
    ]
    found = operators.time_embedding(time, frequencies, weights)
    # float32 holds the angle at time 999 to about 6e-5.
    close(found, [expected], rtol=1e-3, atol=1e-3)
