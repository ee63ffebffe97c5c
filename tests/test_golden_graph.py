import pytest
from pydantic import ValidationError

from golden import graph as g
from golden.unet import unet


def conv(name: str, source: str) -> g.Conv2d:
    return g.Conv2d(name=name, inputs=(source,), in_channels=2, out_channels=3, kernel=3)


def refused(*nodes: g.Node) -> str:
    with pytest.raises(ValidationError) as caught:
        g.Graph(nodes=nodes)
    return str(caught.value)


def test_unknown_input():
    message = refused(g.Silu(name="first", inputs=("nowhere",)))
    assert "node 'first': input 'nowhere' is not computed before it" in message


def test_nodes_out_of_order():
    message = refused(g.Silu(name="second", inputs=("first",)), conv("first", g.IMAGE))
    assert "node 'second': input 'first' is not computed before it" in message


def test_node_that_reads_itself():
    message = refused(g.Silu(name="loop", inputs=("loop",)))
    assert "node 'loop': input 'loop' is not computed before it" in message


@pytest.mark.parametrize("name", ["first", g.IMAGE])
def test_name_used_twice(name):
    message = refused(conv("first", g.IMAGE), g.Silu(name=name, inputs=("first",)))
    assert f"node '{name}': the name is used twice" in message


@pytest.mark.parametrize("inputs", [(), (g.IMAGE, g.IMAGE)])
def test_wrong_arity_of_one(inputs):
    message = refused(g.Silu(name="node", inputs=inputs))
    assert f"node 'node': silu takes 1 inputs, got {len(inputs)}" in message


@pytest.mark.parametrize(
    "node",
    [
        g.Add(name="node", inputs=(g.IMAGE,)),
        g.Concat(name="node", inputs=(g.IMAGE,)),
        g.TimeBias(name="node", inputs=(g.IMAGE,), width=2, channels=2),
    ],
)
def test_wrong_arity_of_two(node):
    assert f"node 'node': {node.op} takes 2 inputs, got 1" in refused(node)


def test_time_embedding_takes_no_input():
    node = g.TimeEmbedding(name="time", inputs=(g.IMAGE,), frequencies=2, width=2)
    assert "time_embedding takes 0 inputs, got 1" in refused(node)


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
        g.Graph.model_validate({"nodes": [node]})


def test_an_input_may_be_used_twice():
    graph = g.Graph(nodes=(g.Add(name="double", inputs=(g.IMAGE, g.IMAGE)),))
    assert graph.nodes[0].inputs == (g.IMAGE, g.IMAGE)


def test_json_round_trip():
    graph = unet(8, 16, width=12, groups=4)
    again = g.Graph.model_validate_json(graph.model_dump_json())
    assert again == graph
    assert [type(node) for node in again.nodes] == [type(node) for node in graph.nodes]
    assert {node.op for node in graph.nodes} == {
        "conv2d",
        "linear",
        "group_norm",
        "silu",
        "add",
        "concat",
        "upsample",
        "attention",
        "time_embedding",
        "time_bias",
    }


def test_matmuls_and_parameters_in_order():
    graph = g.Graph(
        nodes=(
            conv("one", g.IMAGE),
            g.GroupNorm(name="norm", inputs=("one",), channels=3, groups=1),
            g.Linear(name="two", inputs=("norm",), in_channels=3, out_channels=4),
        )
    )
    assert [node.name for node in graph.matmuls()] == ["one", "two"]
    assert graph.parameter_shapes() == {
        "one.weight": (3, 3, 2, 3),
        "one.bias": (3,),
        "norm.weight": (3,),
        "norm.bias": (3,),
        "two.weight": (3, 4),
        "two.bias": (4,),
    }


def test_graph_is_frozen():
    graph = g.Graph(nodes=(conv("one", g.IMAGE),))
    with pytest.raises(ValidationError, match="frozen"):
        graph.nodes = ()
    with pytest.raises(ValidationError, match="frozen"):
        graph.nodes[0].kernel = 5
