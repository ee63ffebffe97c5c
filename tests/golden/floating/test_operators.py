import math

import numpy as np
import pytest

from golden.floating import operators

EPSILON = 1e-5


def close(found: np.ndarray, expected: object, **tolerance: float) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, **({"rtol": 1e-5, "atol": 1e-6} | tolerance))


def softmax(values: list[float]) -> list[float]:
    total = sum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def normed(values: np.ndarray) -> np.ndarray:
    values = values.astype(np.float64)
    return (values - values.mean()) / math.sqrt(values.var() + EPSILON)


def test_silu():
    x = np.linspace(-20, 20, 401, dtype=np.float32)
    close(operators.silu(x), [value / (1 + math.exp(-value)) for value in x.tolist()])


def test_silu_far_out_neither_overflows_nor_warns():
    x = np.array([-1e30, -1e4, 1e4, 1e30], np.float32)
    close(operators.silu(x), [0, 0, 1e4, 1e30])


def test_gelu():
    x = np.linspace(-6, 6, 401, dtype=np.float32)
    expected = [value * 0.5 * math.erfc(-value / math.sqrt(2)) for value in x.tolist()]
    close(operators.gelu(x, "none"), expected)


def test_gelu_by_tanh():
    x = np.linspace(-6, 6, 401, dtype=np.float32)
    found = operators.gelu(x, "tanh")
    inner = [math.sqrt(2 / math.pi) * (value + 0.044715 * value**3) for value in x.tolist()]
    expected = [v * 0.5 * (1 + math.tanh(i)) for v, i in zip(x.tolist(), inner, strict=True)]
    close(found, expected)
    difference = np.abs(found - operators.gelu(x, "none"))
    assert 1e-5 < difference.max() < 1e-3


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_far_out(approximate):
    x = np.array([-1e4, -20, 20, 1e4], np.float32)
    close(operators.gelu(x, approximate), [0, 0, 20, 1e4])


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm(groups):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((2, 3, 4, 6)) * 3 + 5).astype(np.float32)
    expected = np.empty(x.shape)
    size = 6 // groups
    for n in range(2):
        for group in range(groups):
            channels = slice(group * size, (group + 1) * size)
            expected[n, :, :, channels] = normed(x[n, :, :, channels])
    close(operators.group_norm(x, groups, EPSILON), expected, atol=1e-5)


def test_layer_norm():
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((2, 3, 4, 6)) * 3 + 5).astype(np.float32)
    expected = np.empty(x.shape)
    for pixel in np.ndindex(2, 3, 4):
        expected[pixel] = normed(x[pixel])
    close(operators.layer_norm(x, EPSILON), expected, atol=1e-5)


def test_norms_of_a_constant_are_zero():
    x = np.full((1, 2, 2, 4), 3, np.float32)
    close(operators.group_norm(x, 2, EPSILON), np.zeros(x.shape))
    close(operators.layer_norm(x, EPSILON), np.zeros(x.shape))


def test_epsilon_damps_small_values():
    x = np.array([-1e-3, 1e-3], np.float32).reshape(1, 1, 1, 2)
    for found in (operators.group_norm(x, 1, 1e-2), operators.layer_norm(x, 1e-2)):
        close(found, x / math.sqrt(1e-6 + 1e-2))


@pytest.mark.parametrize("heads", [1, 2, 5])
def test_softmax(heads):
    x = np.random.default_rng(1).standard_normal((3, 2, 2, heads * 4)).astype(np.float32) * 4
    expected = [softmax(row) for row in x.reshape(-1, 4).tolist()]
    close(operators.softmax(x, heads), np.reshape(expected, x.shape))


def test_softmax_of_large_values_does_not_overflow():
    x = np.array([1e4, 1e4, -1e4], np.float32).reshape(1, 1, 1, 3)
    close(operators.softmax(x, 1).ravel(), [0.5, 0.5, 0])


def tokens(x: np.ndarray) -> np.ndarray:
    return x.reshape(x.shape[1] * x.shape[2], -1).astype(np.float64)


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("context", [(2, 3), (1, 5)])
@pytest.mark.parametrize("images", [1, 2])
def test_attention(heads, context, images):
    """Scores, softmax and mix of two images, whose context is each one's own or the same."""
    rng = np.random.default_rng(2)
    query = rng.standard_normal((2, 2, 3, 8)).astype(np.float32)
    key, value = rng.standard_normal((2, images, *context, 8)).astype(np.float32)
    size, count = 8 // heads, context[0] * context[1]
    scores = np.empty((2, 6, heads * count))
    expected = np.zeros((2, 6, 8))
    for n in range(2):
        own = slice(n, n + 1) if images == 2 else slice(0, 1)
        q, k, v = tokens(query[n : n + 1]), tokens(key[own]), tokens(value[own])
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            for at in range(6):
                row = [q[at, part] @ other / math.sqrt(size) for other in k[:, part]]
                scores[n, at, head * count : (head + 1) * count] = row
                for share, other in zip(softmax(row), v[:, part], strict=True):
                    expected[n, at, part] += share * other
    found = operators.attention_scores(query, key, heads)
    close(found, scores.reshape(2, 2, 3, -1), atol=1e-5)
    mixed = operators.attention_mix(operators.softmax(found, heads), value, heads)
    close(mixed, expected.reshape(query.shape), atol=1e-5)


@pytest.mark.parametrize("time", [0, 1, 500, 999])
@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("cosine_first", [False, True])
def test_sinusoids(time, shift, cosine_first):
    angles = [time / 10000 ** (n / (6 - shift)) for n in range(6)]
    parts = [math.sin(angle) for angle in angles], [math.cos(angle) for angle in angles]
    found = operators.sinusoids(time, 6, cosine_first, shift)
    assert found.dtype == np.float64
    assert found.shape == (1, 1, 1, 12)
    expected = parts[1] + parts[0] if cosine_first else parts[0] + parts[1]
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-12)


def test_sinusoids_of_several_times():
    found = operators.sinusoids(np.array([3, 500]), 4, False, 0)
    assert found.shape == (2, 1, 1, 8)
    for row, time in zip(found, (3, 500), strict=True):
        np.testing.assert_array_equal(row, operators.sinusoids(time, 4, False, 0)[0])


@pytest.mark.parametrize(
    "function",
    [
        operators.silu,
        lambda x: operators.gelu(x, "none"),
        lambda x: operators.gelu(x, "tanh"),
        lambda x: operators.group_norm(x, 2, EPSILON),
        lambda x: operators.layer_norm(x, EPSILON),
        lambda x: operators.softmax(x, 2),
        lambda x: operators.attention_scores(x, x, 2),
        lambda x: operators.attention_mix(x, x, 1),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_that_of_the_input(function, dtype):
    assert function(np.linspace(-1, 1, 16, dtype=dtype).reshape(1, 2, 2, 4)).dtype == dtype
