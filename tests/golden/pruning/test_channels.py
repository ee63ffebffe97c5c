import pytest

from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.unet import unet
from golden.pruning.channels import prunability
from tests.helpers.nodes import WAVE, conv, linear, norm


def names(nodes: tuple[n.Node, ...]) -> list[str]:
    return [node.name for node in nodes]


@pytest.mark.parametrize("classes", [0, 10])
def test_unet_loses_the_inner_channels_of_residual_blocks(classes):
    found = prunability(unet(8, 16, width=8, groups=4, classes=classes))
    assert list(found.layers) == ["encoder.conv0", "middle.conv0", "decoder.conv0"]
    middle = found.layers["middle.conv0"]
    assert (middle.filters, middle.groups) == (16, 4)
    assert names(middle.norms) == ["middle.out.norm"]
    assert names(middle.vectors) == ["middle.time"]
    assert names(middle.readers) == ["middle.conv1"]
    assert found.obstacles["stem"] == "reaches add 'encoder' with another tensor"
    assert found.obstacles["up"] == "reaches concat 'concat'"
    assert found.obstacles["attention.query"] == "reaches attention_scores 'attention.scores'"
    assert found.obstacles["head"] == "has one filter"


def test_transformer_loses_the_inner_channels_of_mlps():
    found = prunability(dit(8, 8, depth=2, patch=2, heads=2, classes=10))
    assert list(found.layers) == ["block0.mlp.linear0", "block1.mlp.linear0"]
    layer = found.layers["block1.mlp.linear0"]
    assert (layer.groups, layer.norms, layer.vectors) == (1, (), ())
    assert names(layer.readers) == ["block1.mlp.linear1"]
    assert found.obstacles["head.linear"] == "reaches unpatchify 'head.image'"


def test_several_readers_norms_and_vectors():
    nodes = (
        WAVE,
        linear("factor", "wave"),
        conv("first", IMAGE, 1),
        norm("fine", "first", 2),
        n.Multiply(name="scaled", inputs=("fine", "factor")),
        n.Upsample(name="up", inputs=("scaled",)),
        conv("reader", "up"),
        linear("other", "up"),
        n.Add(name="sum", inputs=("reader", "other")),
    )
    layer = prunability(Graph(nodes=nodes)).layers["first"]
    assert (layer.groups, names(layer.norms)) == (2, ["fine"])
    assert names(layer.vectors) == ["factor"]
    assert names(layer.readers) == ["reader", "other"]


def test_groups_of_norms_one_after_the_other():
    nodes = (
        conv("first", IMAGE, 1, 12),
        n.GroupNorm(name="two", inputs=("first",), channels=12, groups=2),
        n.GroupNorm(name="three", inputs=("two",), channels=12, groups=3),
        conv("last", "three", 12),
    )
    assert prunability(Graph(nodes=nodes)).layers["first"].groups == 6


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        (
            [norm("norm", "first", 4), conv("last", "norm")],
            "has as many normalization groups as channels",
        ),
        ([n.LayerNorm(name="norm", inputs=("first",), channels=4)], "reaches layer_norm 'norm'"),
        ([n.Silu(name="silu", inputs=("first",))], "reaches the output"),
        ([n.Add(name="sum", inputs=("first", "first"))], "reaches add 'sum' with another tensor"),
        (
            [linear("factor", "wave"), n.Add(name="sum", inputs=("factor", "first"))],
            "reaches add 'sum' with another tensor",
        ),
        ([n.Add(name="sum", inputs=("first", "wave"))], "meets 'wave', which is no linear layer"),
        (
            [
                linear("shift", "wave"),
                n.Add(name="sum", inputs=("first", "shift")),
                conv("second", IMAGE, 1),
                n.Add(name="third", inputs=("second", "shift")),
            ],
            "meets 'shift', which is no linear layer of its own",
        ),
    ],
)
def test_obstacles(nodes, reason):
    graph = Graph(nodes=(WAVE, conv("first", IMAGE, 1), *nodes))
    found = prunability(graph)
    assert "first" not in found.layers
    assert found.obstacles["first"].startswith(reason)
