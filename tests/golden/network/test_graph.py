import numpy as np
import pytest
from pydantic import ValidationError

from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.unet import unet


def conv(name: str, source: str) -> n.Conv2d:
    return n.Conv2d(name=name, inputs=(source,), in_channels=2, out_channels=3, kernel=3)


def silu(name: str, source: str) -> n.Silu:
    return n.Silu(name=name, inputs=(source,))


def add(name: str, *sources: str) -> n.Add:
    return n.Add(name=name, inputs=sources)


def refused(*nodes: n.Node) -> str:
    with pytest.raises(ValidationError) as caught:
        Graph(nodes=nodes)
    (error,) = caught.value.errors()
    assert "\n" not in error["msg"]
    return error["msg"].removeprefix("Value error, ")


def test_unknown_input():
    assert refused(silu("first", "nowhere")) == "node 'first': there is no input 'nowhere'"


def test_nodes_out_of_order():
    assert refused(silu("second", "first"), conv("first", IMAGE)) == (
        "node 'second': input 'first' is not computed before it; "
        "list nodes so that each comes after its inputs"
    )


def test_node_that_reads_itself():
    assert refused(silu("loop", "loop")) == "nodes form a cycle: loop -> loop"


def test_cycle_is_named_in_the_direction_of_data():
    message = refused(
        add("a", IMAGE, "c"), silu("b", "a"), silu("c", "b"), silu("d", "c"), silu("e", IMAGE)
    )
    assert message.startswith("nodes form a cycle: ")
    names = message.removeprefix("nodes form a cycle: ").split(" -> ")
    assert names[0] == names[-1]
    assert " -> ".join(names[:-1]) in ("a -> b -> c", "b -> c -> a", "c -> a -> b")


@pytest.mark.parametrize("name", ["first", IMAGE])
def test_name_used_twice(name):
    message = refused(conv("first", IMAGE), silu(name, "first"))
    assert message == f"node '{name}': the name is used twice"


def test_output_that_does_not_depend_on_the_image():
    message = refused(silu("used", IMAGE), n.Constant(name="fixed", shape=(1, 1, 1)))
    assert message == "node 'fixed', the last, does not depend on the image"


def test_empty_graph():
    assert "at least 1 item" in refused()


@pytest.mark.parametrize(
    "node",
    [
        {"op": "relu", "name": "node", "inputs": ["image"]},
        {"name": "node", "inputs": ["image"]},
        {"op": "silu", "name": "", "inputs": ["image"]},
        {"op": "silu", "name": "node", "inputs": ["image"], "slope": 1},
        {"op": "linear", "name": "node", "inputs": ["image"], "in_channels": 0, "out_channels": 1},
    ],
)
def test_malformed_nodes(node):
    with pytest.raises(ValidationError):
        Graph.model_validate({"nodes": [node]})


def test_an_input_may_be_used_twice():
    graph = Graph(nodes=(add("double", IMAGE, IMAGE),))
    assert graph.nodes[0].inputs == (IMAGE, IMAGE)
    assert graph.consumers == {IMAGE: [graph.nodes[0], graph.nodes[0]], "double": []}


GRAPHS = {
    "unet": unet(8, 16, width=12, groups=4, classes=3),
    "dit": dit(8, 8, depth=1, patch=2, heads=2, classes=3),
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_json_round_trip(graph):
    again = Graph.model_validate_json(graph.model_dump_json())
    assert again == graph
    assert [type(node) for node in again.nodes] == [type(node) for node in graph.nodes]


def test_the_models_use_every_kind_of_node():
    found = {type(node) for graph in GRAPHS.values() for node in graph.nodes}
    assert found == set(n.Node.__origin__.__args__)


def test_matmuls_and_parameters_in_order():
    graph = Graph(
        nodes=(
            conv("one", IMAGE),
            n.GroupNorm(name="norm", inputs=("one",), channels=3, groups=1),
            n.Linear(name="two", inputs=("norm",), in_channels=3, out_channels=4),
            n.AttentionScores(name="three", inputs=("two", "two"), heads=2),
        )
    )
    assert [node.name for node in graph.matmuls()] == ["one", "two", "three"]
    assert graph.parameter_shapes() == {
        "one.weight": (3, 3, 2, 3),
        "one.bias": (3,),
        "norm.weight": (3,),
        "norm.bias": (3,),
        "two.weight": (3, 4),
        "two.bias": (4,),
    }


def embedded() -> Graph:
    """Everything a tensor may depend on: nothing, the class, the time, the image."""
    return Graph(
        nodes=(
            n.Constant(name="constant", shape=(1, 1, 2)),
            n.ClassEmbedding(name="class", classes=7, channels=2),
            n.ClassEmbedding(name="other", classes=5, channels=2),
            add("fixed", "constant", "class"),
            n.Sinusoids(name="wave", frequencies=1),
            n.Linear(name="time", inputs=("wave",), in_channels=2, out_channels=2),
            add("condition", "time", "fixed"),
            add("shifted", IMAGE, "condition"),
            n.Linear(name="output", inputs=("shifted",), in_channels=2, out_channels=2),
        )
    )


def test_what_depends_on_image_and_time():
    graph = embedded()
    assert graph.dynamic == {IMAGE, "shifted", "output"}
    assert graph.changing == graph.dynamic | {"wave", "time", "condition"}
    assert [node.name for node in graph.matmuls()] == ["output"]


def test_classes_are_those_that_all_embeddings_have():
    assert embedded().classes == 5
    assert unet(8, 8, width=8).classes == 0


def test_shapes():
    graph = embedded()
    shapes = graph.shapes((4, 3, 2))
    assert list(shapes) == [IMAGE, *(node.name for node in graph.nodes)]
    assert shapes["condition"] == (1, 1, 2)
    assert shapes["output"] == (4, 3, 2)


def test_shapes_that_do_not_fit_name_the_node():
    with pytest.raises(ValueError) as caught:
        embedded().shapes((4, 3, 5))
    assert str(caught.value) == (
        "node 'shifted': add: inputs of 4 x 3 x 5 and 1 x 1 x 2 do not go together"
    )


def test_graph_is_frozen():
    graph = Graph(nodes=(conv("one", IMAGE),))
    with pytest.raises(ValidationError, match="frozen"):
        graph.nodes = ()


def test_shapes_of_the_models_hold_for_any_size():
    for size in (4, 8, 12):
        shape = (size, size, 1)
        assert GRAPHS["unet"].shapes(shape)["head"] == shape
    assert GRAPHS["dit"].shapes((8, 8, 1))["head.image"] == (8, 8, 1)
    assert np.prod(GRAPHS["dit"].shapes((8, 8, 1))["block0.attention.scores"]) == 16 * 2 * 16
