import pytest

from golden.flow.dataflow import Link, links
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import (
    Add,
    AttentionMix,
    AttentionScores,
    Concat,
    Constant,
    Gelu,
    LayerNorm,
    Linear,
    Multiply,
    Node,
    Quantize,
    Silu,
    Sinusoids,
    Softmax,
    Upsample,
)
from golden.network.unet import unet


def linear(name: str, source: str) -> Linear:
    return Linear(name=name, inputs=(source,), in_channels=4, out_channels=4)


def graph(*nodes: Node) -> Graph:
    return Graph(nodes=nodes)


def test_two_linear_layers_pass_the_difference() -> None:
    found = links(graph(linear("a", IMAGE), linear("b", "a")))
    assert found == {"a": Link((True,), sums=False), "b": Link((False,), sums=True)}


def test_nothing_passes_rounding_in_exact_execution() -> None:
    found = links(graph(linear("a", IMAGE), linear("b", "a")), "exact")
    assert found == {"a": Link((True,), sums=True), "b": Link((True,), sums=True)}


@pytest.mark.parametrize(
    "node",
    [
        Silu(name="f", inputs=("a",)),
        Gelu(name="f", inputs=("a",)),
        LayerNorm(name="f", inputs=("a",), channels=4),
        Softmax(name="f", inputs=("a",), heads=2),
        Multiply(name="f", inputs=("a", "a")),
    ],
)
def test_non_linear_functions_stop_it(node: Node) -> None:
    found = links(graph(linear("a", IMAGE), node, linear("b", "f")))
    assert found["a"].sums
    assert found["b"].previous_inputs == (True,)


@pytest.mark.parametrize(
    "node",
    [
        Upsample(name="f", inputs=("a",)),
        Quantize(name="f", inputs=("a",)),
        Add(name="f", inputs=("a", "a")),
    ],
)
def test_linear_functions_do_not(node: Node) -> None:
    found = links(graph(linear("a", IMAGE), node, linear("b", "f")))
    assert not found["a"].sums
    assert found["b"].previous_inputs == (False,)


def test_a_sum_with_a_non_linear_part_must_be_differenced() -> None:
    nodes = (
        linear("a", IMAGE),
        Silu(name="s", inputs=("a",)),
        linear("b", "s"),
        Concat(name="both", inputs=("b", "s")),
        Linear(name="c", inputs=("both",), in_channels=8, out_channels=4),
    )
    found = links(graph(*nodes))
    assert not found["b"].sums
    assert found["c"].previous_inputs == (True,)


def test_one_reader_that_needs_the_sum_is_enough() -> None:
    found = links(graph(linear("a", IMAGE), Silu(name="s", inputs=("a",)), linear("b", "a")))
    assert found["a"].sums
    assert found["b"].previous_inputs == (False,)


def test_attention_of_two_changing_operands_wants_both_whole() -> None:
    nodes = (
        linear("q", IMAGE),
        linear("k", IMAGE),
        AttentionScores(name="s", inputs=("q", "k"), heads=1),
    )
    found = links(graph(*nodes))
    assert found["q"].sums
    assert found["k"].sums
    assert found["s"].previous_inputs == (True, True)


def test_cross_attention_wants_the_difference_of_one() -> None:
    nodes = (
        Constant(name="c", shape=(1, 3, 4)),
        linear("q", IMAGE),
        AttentionScores(name="s", inputs=("q", "c"), heads=1),
        Softmax(name="p", inputs=("s",), heads=1),
        AttentionMix(name="m", inputs=("p", "c"), heads=1),
    )
    found = links(graph(*nodes))
    assert not found["q"].sums
    assert found["s"] == Link((False, False), sums=True)
    assert found["m"].previous_inputs == (True, False)


def test_a_time_bias_comes_from_the_host() -> None:
    nodes = (
        Sinusoids(name="t", frequencies=2),
        linear("a", IMAGE),
        Add(name="biased", inputs=("a", "t")),
        linear("b", "biased"),
    )
    found = links(graph(*nodes))
    assert not found["a"].sums
    assert found["b"].previous_inputs == (True,)


def test_digits_unet_saves_where_no_function_lies_between() -> None:
    found = links(unet(8, 16, width=8, groups=4))
    assert {name for name, link in found.items() if not link.sums} == {
        "attention.mix",
        "attention.project",
    }
    assert {name for name, link in found.items() if not any(link.previous_inputs)} == {
        "attention.project",
        "decoder.skip",
        "down",
        "up",
    }
