import numpy as np

from golden.floating.execution import run_graph
from golden.floating.operators import group_norm, silu, sinusoids, softmax
from golden.network.builder import Builder
from golden.network.graph import IMAGE
from golden.network.nodes import Constant, Quantize
from tb.stimuli.random_workloads import random_weights


def test_attention_is_that_of_the_textbook():
    b = Builder()
    context = b.add(Constant(name="context", shape=(1, 3, 5)))
    b.attention("attention", IMAGE, context, 4, 5, 1)
    graph = b.graph()
    weights, seen = random_weights(graph, 0), {}
    image = np.random.default_rng(0).standard_normal((1, 2, 3, 4)).astype(np.float32)
    found = run_graph(graph, weights, image, 0, observer=seen.__setitem__)

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ weights[f"attention.{name}.weight"] + weights[f"attention.{name}.bias"]

    tokens = weights["context.value"].reshape(3, 5)
    query = linear("query", image.reshape(6, 4))
    shares = softmax(query @ linear("key", tokens).T / 2, 1)
    expected = linear("project", shares @ linear("value", tokens)).reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_time_embedding():
    b = Builder()
    time = b.time_embedding("time", 3, 4)
    b.sum("sum", IMAGE, time)
    graph = b.graph()
    weights = random_weights(graph, 1)
    found = run_graph(graph, weights, np.zeros((1, 1, 1, 4), np.float32), 123)
    wave = sinusoids(123, 3, cosine_first=False, shift=0)
    hidden = silu(wave @ weights["time.linear0.weight"] + weights["time.linear0.bias"])
    expected = hidden @ weights["time.linear1.weight"] + weights["time.linear1.bias"]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_norm_silu():
    b = Builder()
    assert b.norm_silu("part", IMAGE, 4, 2) == "part.silu"
    graph = b.graph()
    weights = random_weights(graph, 2)
    image = np.random.default_rng(0).standard_normal((2, 3, 3, 4)).astype(np.float32)
    normed = group_norm(image, 2, 1e-5) * weights["part.norm.weight"] + weights["part.norm.bias"]
    np.testing.assert_allclose(
        run_graph(graph, weights, image, 0), silu(normed), rtol=1e-5, atol=1e-6
    )


def test_convolutions_keep_the_size_or_divide_it():
    for kernel in (1, 3, 5):
        b = Builder()
        b.conv("same", IMAGE, 2, 3, kernel)
        b.conv("half", "same", 3, 4, kernel, stride=2)
        shapes = b.graph().shapes((8, 6, 2))
        assert shapes["same"] == (8, 6, 3)
        assert shapes["half"] == (4, 3, 4)


def test_graph_has_conversions():
    b = Builder()
    b.sum("sum", b.linear("linear", IMAGE, 2, 2), IMAGE)
    assert isinstance(b.graph().nodes[0], Quantize)
