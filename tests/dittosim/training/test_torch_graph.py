from typing import TYPE_CHECKING

import numpy as np
import pytest

from golden.floating.execution import run_graph
from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.unet import unet

if TYPE_CHECKING:
    from dittosim.training.torch_graph import TorchGraph

torch = pytest.importorskip("torch")

GRAPHS = {
    "unet": unet(8, 16, width=12, groups=4),
    "conditional unet": unet(8, 16, width=12, groups=4, classes=5, tokens=3),
    "dit": dit(8, 12, depth=2, patch=2, heads=3, classes=5, ratio=2),
    "all else": Graph(
        nodes=(
            n.Sinusoids(name="wave", frequencies=2, cosine_first=True, shift=1),
            n.Constant(name="context", shape=(8, 8, 4)),
            n.Concat(name="both", inputs=("context", IMAGE)),
            n.Linear(name="stem", inputs=("both",), in_channels=5, out_channels=4),
            n.LayerNorm(name="norm", inputs=("stem",), channels=4),
            n.Gelu(name="gelu", inputs=("norm",)),
            n.Add(name="sum", inputs=("gelu", "wave")),
            n.AttentionScores(name="scores", inputs=("context", "sum"), heads=2),
            n.Softmax(name="softmax", inputs=("scores",), heads=2),
            n.AttentionMix(name="mix", inputs=("softmax", "sum"), heads=2),
            n.Linear(name="output", inputs=("mix",), in_channels=4, out_channels=1),
        )
    ),
}


def random_model(graph: Graph, seed: int) -> "TorchGraph":
    """All parameters random: as they start, some are zero and would hide their layers."""
    from dittosim.training.torch_graph import TorchGraph

    rng = np.random.default_rng(seed)
    model = TorchGraph(graph)
    with torch.no_grad():
        for parameter in model.parameters():
            values = rng.standard_normal(tuple(parameter.shape)).astype(np.float32)
            parameter.copy_(torch.from_numpy(values * 0.3))
    return model


@pytest.mark.parametrize("time", [0, 500, 999])
@pytest.mark.parametrize("name", GRAPHS)
def test_torch_computes_what_numpy_computes(name, time):
    graph = GRAPHS[name]
    model = random_model(graph, time)
    width = 6 if "unet" in name else 8
    image = np.random.default_rng(time).standard_normal((2, 8, width, 1)).astype(np.float32)
    labels = np.array([4, 1]) if graph.classes else None
    chosen = None if labels is None else torch.from_numpy(labels)
    with torch.no_grad():
        expected = model(torch.from_numpy(image), torch.full((2,), time), chosen).numpy()
    found = run_graph(graph, model.arrays(), image, time, labels)

    assert found.dtype == np.float32
    assert found.shape == expected.shape == image.shape
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_each_image_has_its_own_time_and_class(graph):
    model = random_model(graph, 0)
    image = torch.randn(2, 8, 8, 1, generator=torch.Generator().manual_seed(0))
    labels, times = torch.tensor([4, 1]), torch.tensor([30, 700])
    with torch.no_grad():
        both = model(image, times, labels)
        alone = [model(image[k : k + 1], times[k : k + 1], labels[k : k + 1]) for k in range(2)]
    torch.testing.assert_close(both, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_every_kind_of_node_is_compared():
    found = {type(node) for graph in GRAPHS.values() for node in graph.nodes}
    assert found == set(n.Node.__origin__.__args__)
    gelus = {node.approximate for g in GRAPHS.values() for node in g.nodes if node.op == "gelu"}
    assert gelus == {"none", "tanh"}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_weights_have_the_shapes_of_the_graph(graph):
    from dittosim.training.torch_graph import TorchGraph

    arrays = TorchGraph(graph).arrays()
    assert {name: values.shape for name, values in arrays.items()} == graph.parameter_shapes()
    assert {values.dtype for values in arrays.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("graph", [GRAPHS["unet"], GRAPHS["dit"]], ids=["unet", "dit"])
def test_training_starts_from_a_prediction_of_nothing(graph):
    from dittosim.training.torch_graph import TorchGraph

    labels = torch.tensor([0])
    with torch.no_grad():
        found = TorchGraph(graph)(torch.randn(1, 8, 8, 1), torch.tensor([500]), labels)
    assert not found.any()


def test_classes_are_asked_for():
    model = random_model(GRAPHS["dit"], 0)
    with pytest.raises(ValueError, match="node 'class' needs the classes asked for"):
        model(torch.zeros(1, 8, 8, 1), torch.tensor([0]))
