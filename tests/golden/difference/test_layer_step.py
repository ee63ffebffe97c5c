import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.difference.layer import AttentionLayer, Layer, WeightedLayer
from golden.difference.layer_step import LayerInput, Previous
from golden.difference.matmul import Mode
from golden.formats.quantization import TensorFormat
from golden.integer.fixed_point import Requantization
from golden.network import nodes as n
from tests.helpers import naive

FORMAT = TensorFormat(scale=0.1)
EXTREMES = np.array([-128, 127], np.int8)


def attention(
    kind: type[n.AttentionMatmul], heads: int, query: n.Shape, key: n.Shape, changing: bool = True
) -> AttentionLayer:
    node = kind(name="attention", inputs=("first", "second"), heads=heads)
    return AttentionLayer.quantized(node, [FORMAT, FORMAT], FORMAT, [query, key], changing)


def run(layer: Layer, steps: list[list[np.ndarray]], modes: list[Mode]) -> list[LayerInput]:
    """The steps one after the other, each with its accumulators as the next one's previous."""
    previous, found = None, []
    for number, (inputs, mode) in enumerate(zip(steps, modes, strict=True)):
        step = LayerInput(layer, number, layer.operands(inputs), previous)
        previous = Previous(step.operands, step.accumulate(mode))
        found.append((step, previous.accumulators))
    return found


def exact(operands: tuple[np.ndarray, np.ndarray], zero_point: int = 0) -> list:
    first, second = operands
    second = np.broadcast_to(second, (len(first), *second.shape[-2:]))
    return [
        naive.product(a.astype(np.int64) - zero_point, b)
        for a, b in zip(first, second, strict=True)
    ]


modes = st.lists(st.sampled_from(Mode), min_size=4, max_size=4)
modes |= st.sampled_from([[mode] * 4 for mode in Mode])


@settings(deadline=None, max_examples=150)
@given(
    kind=st.sampled_from([n.AttentionScores, n.AttentionMix]),
    images=st.integers(1, 2),
    heads=st.integers(1, 3),
    size=st.integers(1, 5),
    tokens=st.integers(1, 6),
    queries=st.integers(1, 6),
    moving=st.booleans(),
    extreme=st.booleans(),
    modes=modes,
    seed=st.integers(0, 2**32 - 1),
)
def test_attention_on_differences_is_the_exact_product(
    kind, images, heads, size, tokens, queries, moving, extreme, modes, seed
):
    rng = np.random.default_rng(seed)

    def random(count: int, tokens: int, channels: int) -> np.ndarray:
        shape = (count, 1, tokens, channels)
        return rng.choice(EXTREMES, shape) if extreme else rng.integers(-128, 128, shape, np.int8)

    channels = heads * size
    first = channels if kind is n.AttentionScores else heads * tokens
    shapes = (1, queries, first), (1, tokens, channels)
    layer = attention(kind, heads, *shapes, changing=moving)
    fixed = random(1, tokens, channels)
    steps = [
        [random(images, queries, first), random(images, tokens, channels) if moving else fixed]
        for _ in modes
    ]
    for number, (step, accumulators) in enumerate(run(layer, steps, modes)):
        assert accumulators.dtype == np.int32
        assert accumulators.tolist() == exact(step.operands)
        products = step.products(modes[number])
        both = moving and number > 0 and modes[number] is Mode.TEMPORAL
        assert len(products) == (2 if both else 1)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("kind", [n.AttentionScores, n.AttentionMix])
def test_long_rows_of_extremes(kind, mode):
    """Sums and their parts beyond what float32 holds exactly."""
    rng = np.random.default_rng(0)
    tokens, size = (3, 3000) if kind is n.AttentionScores else (3000, 3)
    first = size if kind is n.AttentionScores else tokens
    layer = attention(kind, 1, (1, 2, first), (1, tokens, size))
    steps = [
        [rng.choice(EXTREMES, (1, 1, 2, first)), rng.choice(EXTREMES, (1, 1, tokens, size))]
        for _ in range(2)
    ]
    low = [np.full_like(x, -128) for x in steps[0]]
    high = [np.full_like(x, 127) for x in steps[0]]
    steps += [low, high, low, [low[0], high[1]], [high[0], low[1]]]
    for step, accumulators in run(layer, steps, [mode] * len(steps)):
        expected = step.operands.first.astype(np.int64) @ step.operands.second.astype(np.int64)
        np.testing.assert_array_equal(accumulators, expected)


def steps_of_two() -> tuple[LayerInput, LayerInput]:
    rng = np.random.default_rng(1)
    layer = attention(n.AttentionScores, 2, (1, 3, 4), (1, 5, 4))
    steps = [
        [rng.integers(-128, 128, (2, 1, tokens, 4), np.int8) for tokens in (3, 5)] for _ in "ab"
    ]
    (before, _), (step, _) = run(layer, steps, [Mode.ACT] * 2)
    return before, step


def test_products_of_temporal_attention():
    """``dQ K'`` and, transposed, ``dK^T Q^T``."""
    before, step = steps_of_two()
    changes, transposed = step.products(Mode.TEMPORAL)
    (query, key), (old_query, old_key) = step.operands, before.operands
    np.testing.assert_array_equal(changes.differences(Mode.TEMPORAL), query.astype(int) - old_query)
    np.testing.assert_array_equal(changes.weights, old_key)
    np.testing.assert_array_equal(
        transposed.differences(Mode.TEMPORAL), (key.astype(int) - old_key).swapaxes(1, 2)
    )
    np.testing.assert_array_equal(transposed.weights, query.swapaxes(1, 2))
    assert all(part.flags.c_contiguous for part in (transposed.rows, transposed.weights))


@pytest.mark.parametrize("mode", [Mode.ACT, Mode.SPATIAL])
def test_other_modes_take_one_product(mode):
    _, step = steps_of_two()
    (product,) = step.products(mode)
    assert product.rows is step.operands.first
    assert product.weights is step.operands.second
    assert product.previous_rows is None


def test_first_step_is_the_same_in_act_and_temporal():
    step, _ = steps_of_two()
    assert step.previous is None
    (product,) = step.products(Mode.TEMPORAL)
    np.testing.assert_array_equal(product.differences(Mode.TEMPORAL), product.differences(Mode.ACT))
    np.testing.assert_array_equal(step.accumulate(Mode.TEMPORAL), step.accumulate(Mode.ACT))


@settings(deadline=None, max_examples=60)
@given(
    images=st.integers(1, 2),
    pixels=st.integers(1, 5),
    k=st.integers(1, 20),
    zero_point=st.integers(-128, 127),
    modes=modes,
    seed=st.integers(0, 2**32 - 1),
)
def test_layers_with_weights_are_exact_in_any_mixture_of_modes(
    images, pixels, k, zero_point, modes, seed
):
    rng = np.random.default_rng(seed)
    node = n.Linear(name="linear", inputs=("x",), in_channels=k, out_channels=3)
    weights = rng.integers(-128, 128, (k, 3), np.int8)
    requantization = Requantization.of(1.0, FORMAT)
    layer = WeightedLayer("linear", k, 3, zero_point, requantization, node=node, weights=weights)
    steps = [[rng.integers(-128, 128, (images, 1, pixels, k), np.int8)] for _ in modes]
    for number, (step, accumulators) in enumerate(run(layer, steps, modes)):
        assert accumulators.tolist() == exact(step.operands, zero_point)
        (product,) = step.products(modes[number])
        assert product.weights is weights


def test_accumulators_of_the_previous_step_are_kept():
    rng = np.random.default_rng(2)
    layer = attention(n.AttentionScores, 1, (1, 3, 4), (1, 5, 4))
    steps = [
        [rng.integers(-128, 128, (1, 1, tokens, 4), np.int8) for tokens in (3, 5)] for _ in "abc"
    ]
    found = run(layer, steps, [Mode.TEMPORAL] * 3)
    for step, accumulators in found:
        assert accumulators.tolist() == exact(step.operands)


def test_zero_point_of_a_moving_first_operand_is_refused():
    node = n.AttentionScores(name="scores", inputs=("q", "k"), heads=1)
    shifted = TensorFormat(scale=0.1, zero_point=3)
    layer = AttentionLayer.quantized(
        node, [shifted, FORMAT], FORMAT, [(1, 2, 4), (1, 2, 4)], changing=True
    )
    x = np.zeros((1, 1, 2, 4), np.int8)
    operands = layer.operands([x, x])
    previous = Previous(operands, np.zeros((1, 2, 2), np.int32))
    with pytest.raises(ValueError, match="layer 'scores': its first operand has a zero point"):
        LayerInput(layer, 1, operands, previous).products(Mode.TEMPORAL)
