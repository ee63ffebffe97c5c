"""Tensors of attention that lie head by head, and what they hold."""

import numpy as np

from golden.machine.config import load_config
from golden.network.builder import Builder
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import AttentionMix, AttentionScores, Softmax
from golden.step.compilation import tensor_layouts
from golden.step.heads import heads_apart
from tb.stimuli.random_workloads import random_workload


def attention(other: str | None = None, heads: int = 2) -> Graph:
    """Scores or shares that an ``other`` node reads, too."""
    b = Builder()
    hidden = b.conv("in", IMAGE, 1, 8, 3)
    scores = b.add(AttentionScores(name="scores", inputs=(hidden, hidden), heads=2))
    shares = b.add(Softmax(name="shares", inputs=(scores,), heads=heads))
    mixed = b.add(AttentionMix(name="mix", inputs=(shares, hidden), heads=2))
    last = b.linear("out", mixed, 8, 32)
    if other:
        b.sum("sum", last, other)
    return b.graph()


def test_scores_and_shares_lie_apart_if_only_attention_reads_them() -> None:
    assert heads_apart(attention()) == {"scores": 2, "shares": 2}
    assert heads_apart(attention("scores")) == {}
    assert heads_apart(attention("shares")) == {}
    assert heads_apart(attention(heads=1)) == {}


def test_a_tensor_holds_all_pixels_of_a_head_together() -> None:
    workload = random_workload(dit(8, 18, depth=1, patch=2, heads=3, classes=2), (8, 8, 1))
    layouts = tensor_layouts(workload, load_config("small"))
    layout = layouts["block0.attention.softmax"]
    assert (layout.heads, layout.pixels, layout.shape[-1]) == (3, 16, 48)
    rng = np.random.default_rng(0)
    values = rng.integers(-9, 9, layout.shape, layout.format.dtype)
    data = layout.pack(values)
    assert len(data) == layout.size
    np.testing.assert_array_equal(layout.unpack(np.frombuffer(data, np.uint8)), values)
    heads = np.frombuffer(data, layout.format.dtype).reshape(3, 16, -1)
    np.testing.assert_array_equal(heads[1, 5, :16], values.reshape(16, 3, 16)[5, 1])
