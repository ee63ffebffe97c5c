import pytest

from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.operands import NARROW, WIDE, reads_operands, tensor_bits, with_conversions
from golden.network.unet import unet


def linear(name: str, source: str) -> n.Linear:
    return n.Linear(name=name, inputs=(source,), in_channels=2, out_channels=2)


def add(name: str, *sources: str) -> n.Add:
    return n.Add(name=name, inputs=sources)


def converted(*nodes: n.Node) -> tuple[Graph, dict[str, int]]:
    graph = with_conversions(Graph(nodes=nodes))
    return graph, tensor_bits(graph)


def test_bits_are_those_that_readers_need():
    graph = Graph(
        nodes=(
            linear("one", IMAGE),
            n.Silu(name="silu", inputs=("one",)),
            linear("two", "silu"),
            n.LayerNorm(name="norm", inputs=("two",), channels=2),
        )
    )
    assert tensor_bits(graph) == {IMAGE: 8, "one": 8, "silu": 8, "two": 16, "norm": 16}
    assert with_conversions(graph) == graph


def test_conversion_where_readers_differ():
    graph, bits = converted(linear("one", IMAGE), add("sum", "one", IMAGE), linear("two", IMAGE))
    assert [node.name for node in graph.nodes] == ["image.int8", "one", "sum", "two"]
    assert graph.nodes[0] == n.Quantize(name="image.int8", inputs=(IMAGE,))
    assert [node.inputs for node in graph.nodes[1:]] == [
        ("image.int8",),
        ("one", IMAGE),
        ("image.int8",),
    ]
    assert bits[IMAGE] == WIDE
    assert bits["image.int8"] == NARROW


@pytest.mark.parametrize(
    "moved",
    [
        n.Upsample(name="moved", inputs=("one",)),
        n.Unpatchify(name="moved", inputs=("one",), patch=1),
    ],
)
def test_nodes_that_move_elements_keep_the_bits(moved):
    bits = tensor_bits(Graph(nodes=(linear("one", IMAGE), moved, linear("two", "moved"))))
    assert bits["one"] == bits["moved"] == NARROW
    bits = tensor_bits(Graph(nodes=(linear("one", IMAGE), moved, add("two", "moved", "moved"))))
    assert bits["one"] == bits["moved"] == WIDE


def test_conversion_after_moving_what_is_also_read_in_16_bits():
    graph, bits = converted(
        linear("one", IMAGE),
        n.Upsample(name="large", inputs=("one",)),
        linear("two", "large"),
        add("three", "one", "one"),
    )
    assert [node.name for node in graph.nodes] == ["one", "large", "large.int8", "two", "three"]
    assert (bits["one"], bits["large"], bits["large.int8"]) == (WIDE, WIDE, NARROW)


def test_static_tensors_are_converted_for_the_accelerator_only():
    graph, bits = converted(
        n.Constant(name="context", shape=(1, 3, 2)),
        linear("embedded", "context"),
        linear("static", "embedded"),
        add("sum", "embedded", "static"),
        n.AttentionScores(name="scores", inputs=(IMAGE, "embedded"), heads=1),
        n.Softmax(name="shares", inputs=("scores",), heads=1),
        n.AttentionMix(name="mix", inputs=("shares", "sum"), heads=1),
    )
    inputs = {node.name: node.inputs for node in graph.nodes}
    assert inputs["static"] == ("embedded",)
    assert inputs["scores"] == (IMAGE, "embedded.int8")
    assert inputs["mix"] == ("shares", "sum")
    assert bits["embedded.int8"] == bits["sum"] == NARROW


@pytest.mark.parametrize(
    "graph",
    [
        unet(8, 16, width=12, groups=4),
        unet(8, 16, width=12, groups=4, classes=3),
        dit(8, 8, depth=2, patch=2, heads=2, classes=3),
    ],
)
def test_models_have_8_bits_where_they_are_needed_and_nowhere_else(graph):
    bits = tensor_bits(graph)
    for node in graph.nodes:
        if node.name in graph.dynamic:
            for source in node.inputs:
                moved = isinstance(node, n.Upsample | n.Unpatchify)
                expected = bits[node.name] if moved else NARROW if reads_operands(node) else WIDE
                assert bits[source] == expected, (node.name, source)
    assert bits[graph.nodes[-1].name] == WIDE
    assert with_conversions(graph) == graph
