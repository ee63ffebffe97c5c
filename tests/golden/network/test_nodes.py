import numpy as np
import pytest
from pydantic import ValidationError

from golden.floating.execution import run_node
from golden.network import nodes as n

ONE, TWO = ("one",), ("one", "two")
CONV = {"name": "node", "inputs": ONE, "in_channels": 2, "out_channels": 5, "kernel": 3}
NORM = {"name": "node", "inputs": ONE, "channels": 6}

FITTING = [
    (n.Conv2d(**CONV), [(6, 7, 2)], (4, 5, 5)),
    (n.Conv2d(**CONV, stride=2, padding=1), [(6, 7, 2)], (3, 4, 5)),
    (n.Linear(name="node", inputs=ONE, in_channels=3, out_channels=4), [(2, 5, 3)], (2, 5, 4)),
    (n.AttentionScores(name="node", inputs=TWO, heads=2), [(3, 2, 4), (1, 5, 4)], (3, 2, 10)),
    (n.AttentionMix(name="node", inputs=TWO, heads=2), [(3, 2, 10), (1, 5, 4)], (3, 2, 4)),
    (n.Softmax(name="node", inputs=ONE, heads=2), [(3, 2, 10)], (3, 2, 10)),
    (n.GroupNorm(**NORM, groups=3), [(3, 2, 6)], (3, 2, 6)),
    (n.LayerNorm(**NORM), [(3, 2, 6)], (3, 2, 6)),
    (n.LayerNorm(**NORM, affine=False), [(3, 2, 6)], (3, 2, 6)),
    (n.Silu(name="node", inputs=ONE), [(3, 2, 6)], (3, 2, 6)),
    (n.Gelu(name="node", inputs=ONE), [(3, 2, 6)], (3, 2, 6)),
    (n.Add(name="node", inputs=TWO), [(3, 2, 6), (3, 2, 6)], (3, 2, 6)),
    (n.Add(name="node", inputs=TWO), [(3, 2, 6), (1, 1, 6)], (3, 2, 6)),
    (n.Multiply(name="node", inputs=TWO), [(3, 2, 6), (1, 1, 6)], (3, 2, 6)),
    (n.Concat(name="node", inputs=TWO), [(3, 2, 6), (3, 2, 1)], (3, 2, 7)),
    (n.Upsample(name="node", inputs=ONE), [(3, 2, 6)], (6, 4, 6)),
    (n.Unpatchify(name="node", inputs=ONE, patch=2), [(3, 2, 8)], (6, 4, 2)),
    (n.Quantize(name="node", inputs=ONE), [(3, 2, 6)], (3, 2, 6)),
    (n.Sinusoids(name="node", frequencies=4), [], (1, 1, 8)),
    (n.ClassEmbedding(name="node", classes=9, tokens=4, channels=3), [], (1, 4, 3)),
    (n.Constant(name="node", shape=(2, 3, 4)), [], (2, 3, 4)),
]


@pytest.mark.parametrize(("node", "inputs", "output"), FITTING)
def test_output_shape_is_that_of_what_is_computed(node, inputs, output):
    assert node.output_shape(inputs) == output
    rng = np.random.default_rng(0)
    weights = {
        f"node.{key}": rng.standard_normal(shape) for key, shape in node.parameter_shapes().items()
    }
    tensors = [rng.standard_normal((2, *shape)) for shape in inputs]
    found = run_node(node, weights, tensors, 3, np.array([1, 2]))
    assert found.shape[1:] == output


def test_every_kind_of_node_is_tested():
    kinds = {type(node) for node, _, _ in FITTING}
    assert kinds == set(n.Node.__origin__.__args__)


@pytest.mark.parametrize(
    ("node", "inputs", "message"),
    [
        (n.Conv2d(**CONV), [(6, 7, 3)], "takes 2 channels, got 3"),
        (n.Conv2d(**CONV), [(2, 7, 2)], "kernel 3 does not fit 2 x 7 pixels"),
        (
            n.Linear(name="node", inputs=ONE, in_channels=3, out_channels=4),
            [(2, 5, 4)],
            "takes 3 channels, got 4",
        ),
        (
            n.AttentionScores(name="node", inputs=TWO, heads=2),
            [(3, 2, 4), (1, 5, 6)],
            "query and key have 4 and 6 channels",
        ),
        (
            n.AttentionScores(name="node", inputs=TWO, heads=3),
            [(3, 2, 4), (1, 5, 4)],
            "heads = 3 do not divide 4 channels",
        ),
        (
            n.AttentionMix(name="node", inputs=TWO, heads=2),
            [(3, 2, 8), (1, 5, 4)],
            "8 probabilities are not 2 heads x 5 tokens",
        ),
        (
            n.AttentionMix(name="node", inputs=TWO, heads=3),
            [(3, 2, 15), (1, 5, 4)],
            "heads = 3 do not divide 4 channels",
        ),
        (
            n.Softmax(name="node", inputs=ONE, heads=3),
            [(3, 2, 10)],
            "heads = 3 do not divide 10 channels",
        ),
        (n.GroupNorm(**NORM, groups=3), [(3, 2, 9)], "takes 6 channels, got 9"),
        (
            n.GroupNorm(**NORM, groups=4),
            [(3, 2, 6)],
            "groups = 4 do not divide channels = 6",
        ),
        (n.LayerNorm(**NORM), [(3, 2, 9)], "takes 6 channels, got 9"),
        (
            n.Add(name="node", inputs=TWO),
            [(3, 2, 6), (3, 1, 6)],
            "inputs of 3 x 2 x 6 and 3 x 1 x 6 do not go together",
        ),
        (
            n.Multiply(name="node", inputs=TWO),
            [(1, 1, 6), (3, 2, 6)],
            "inputs of 1 x 1 x 6 and 3 x 2 x 6 do not go together",
        ),
        (
            n.Concat(name="node", inputs=TWO),
            [(3, 2, 6), (3, 1, 6)],
            "inputs of 3 x 2 x 6 and 3 x 1 x 6 do not go together",
        ),
        (
            n.Unpatchify(name="node", inputs=ONE, patch=3),
            [(3, 2, 8)],
            "8 channels do not fill patches of 3 squared",
        ),
        (
            n.Sinusoids(name="node", frequencies=2, shift=2),
            [],
            "shift = 2.0 must be below 2 frequencies",
        ),
    ],
)
def test_shapes_that_do_not_fit(node, inputs, message):
    with pytest.raises(ValueError) as caught:
        node.output_shape(inputs)
    assert str(caught.value) == message


def test_weights():
    assert n.Conv2d(**CONV).parameter_shapes() == {"weight": (3, 3, 2, 5), "bias": (5,)}
    linear = n.Linear(name="node", inputs=ONE, in_channels=3, out_channels=4)
    assert linear.parameter_shapes() == {"weight": (3, 4), "bias": (4,)}
    for norm in (n.GroupNorm(**NORM, groups=2), n.LayerNorm(**NORM)):
        assert norm.parameter_shapes() == {"weight": (6,), "bias": (6,)}
    assert n.LayerNorm(**NORM, affine=False).parameter_shapes() == {}
    embedding = n.ClassEmbedding(name="node", classes=9, tokens=4, channels=3)
    assert embedding.parameter_shapes() == {"weight": (9, 4, 3)}
    assert n.Constant(name="node", shape=(2, 3, 4)).parameter_shapes() == {"value": (2, 3, 4)}
    assert n.Silu(name="node", inputs=ONE).parameter_shapes() == {}


@pytest.mark.parametrize("inputs", [(), TWO, ("one", "two", "three")])
@pytest.mark.parametrize("kind", [n.Silu, n.Upsample, n.Quantize])
def test_wrong_arity_of_one(kind, inputs):
    with pytest.raises(ValidationError, match="inputs"):
        kind(name="node", inputs=inputs)


@pytest.mark.parametrize("inputs", [(), ONE, ("one", "two", "three")])
@pytest.mark.parametrize("kind", [n.Add, n.Multiply, n.Concat])
def test_wrong_arity_of_two(kind, inputs):
    with pytest.raises(ValidationError, match="inputs"):
        kind(name="node", inputs=inputs)


def test_sources_take_no_input():
    with pytest.raises(ValidationError, match="inputs"):
        n.Sinusoids(name="node", inputs=ONE, frequencies=2)


@pytest.mark.parametrize(
    "change",
    [{"kernel": 0}, {"stride": 0}, {"padding": -1}, {"in_channels": 0}, {"name": ""}, {"slope": 1}],
)
def test_impossible_fields_are_refused(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        n.Conv2d(**(CONV | change))


def test_nodes_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        n.Conv2d(**CONV).kernel = 5
