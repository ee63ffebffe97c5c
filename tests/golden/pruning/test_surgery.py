import numpy as np
import pytest

from golden.floating.execution import run_graph
from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.unet import unet
from golden.pruning.channels import prunability
from golden.pruning.surgery import kept_entries, pruned_graph, pruned_weights
from tests.helpers.nodes import WAVE, conv, linear
from tests.helpers.normal_weights import random_weights

PLAIN = Graph(
    nodes=(
        WAVE,
        linear("factor", "wave", 4, 6),
        linear("shift", "wave", 4, 6),
        conv("first", IMAGE, 1, 6),
        n.Multiply(name="scaled", inputs=("first", "factor")),
        n.Upsample(name="up", inputs=("scaled",)),
        n.Add(name="shifted", inputs=("up", "shift")),
        n.Silu(name="silu", inputs=("shifted",)),
        conv("reader", "silu", 6, 4),
        linear("other", "silu", 6, 4),
        n.Add(name="sum", inputs=("reader", "other")),
    )
)


def test_a_chain_of_layers_loses_inputs_and_outputs():
    nodes = (conv("first", IMAGE, 1, 5), conv("second", "first", 5, 6), conv("last", "second", 6))
    graph, weights = Graph(nodes=nodes), random_weights(Graph(nodes=nodes))
    layers = prunability(graph).layers
    kept = {"first": np.array([1, 4]), "second": np.array([0, 2, 5])}
    pruned, cut = pruned_graph(graph, layers, kept), pruned_weights(weights, layers, kept)
    assert pruned.parameter_shapes() == {name: values.shape for name, values in cut.items()}
    expected = weights["second.weight"][:, :, [1, 4]][..., [0, 2, 5]]
    np.testing.assert_array_equal(cut["second.weight"], expected)
    np.testing.assert_array_equal(cut["second.bias"], weights["second.bias"][[0, 2, 5]])
    assert cut["last.bias"] is weights["last.bias"]
    entries = kept_entries(layers, kept)
    assert set(entries["second.weight"]) == {-1, -2}
    assert "last.bias" not in entries


@pytest.mark.parametrize("graph", [PLAIN, dit(8, 8, depth=2, patch=2, heads=2, classes=3)])
def test_without_normalization_pruning_is_zeroing(graph):
    weights, layers = random_weights(graph), prunability(graph).layers
    assert len(layers) == (1 if graph is PLAIN else 2)
    rng = np.random.default_rng(1)
    kept = {
        name: np.sort(rng.choice(layer.filters, layer.filters // 2, replace=False))
        for name, layer in layers.items()
    }
    zeroed = {name: values.copy() for name, values in weights.items()}
    for name, filters in kept.items():
        removed = np.setdiff1d(np.arange(layers[name].filters), filters)
        for reader in layers[name].readers:
            zeroed[f"{reader.name}.weight"][..., removed, :] = 0
    image = rng.standard_normal((2, 8, 8, 1)).astype(np.float32)
    labels = np.array([0, 2])
    expected = run_graph(graph, zeroed, image, 7, labels)
    smaller = pruned_graph(graph, layers, kept)
    found = run_graph(smaller, pruned_weights(weights, layers, kept), image, 7, labels)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(found, run_graph(graph, weights, image, 7, labels), atol=1e-2)


def test_normalization_groups_keep_their_channels():
    graph = unet(8, 16, width=8, groups=4)
    weights, layers = random_weights(graph), prunability(graph).layers
    filters = np.array([0, 3, 4, 5, 9, 11, 12, 15])
    kept = {"middle.conv0": filters}
    smaller = pruned_graph(graph, layers, kept)
    (norm,) = (node for node in smaller.nodes if node.name == "middle.out.norm")
    assert (norm.channels, norm.groups) == (8, 4)
    cut = pruned_weights(weights, layers, kept)
    for name in ("middle.out.norm.weight", "middle.time.bias", "middle.time.weight"):
        np.testing.assert_array_equal(cut[name], weights[name][..., filters])
    run_graph(smaller, cut, np.zeros((1, 8, 8, 1), np.float32), 0)


@pytest.mark.parametrize("classes", [0, 10])
def test_torch_runs_the_pruned_graph(classes):
    torch = pytest.importorskip("torch")
    from dittosim.training.torch_graph import TorchGraph

    graph = unet(8, 16, width=8, groups=4, classes=classes)
    layers = prunability(graph).layers
    kept = {name: np.arange(0, layer.filters, 2) for name, layer in layers.items()}
    smaller = pruned_graph(graph, layers, kept)
    weights = pruned_weights(random_weights(graph), layers, kept)
    model = TorchGraph(smaller)
    model.load(weights)
    image = np.random.default_rng(2).standard_normal((2, 8, 8, 1)).astype(np.float32)
    labels = np.array([1, 9])
    with torch.no_grad():
        expected = model(torch.from_numpy(image), torch.full((2,), 5), torch.from_numpy(labels))
    found = run_graph(smaller, weights, image, 5, labels)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-3, atol=1e-4)
