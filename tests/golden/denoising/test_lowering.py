import numpy as np
import pytest

from golden.denoising.lowering import IntegerGraph, static_inputs, tensors_with_formats
from golden.difference.layer import AttentionLayer, Layer, WeightedLayer
from golden.difference.matmul import Mode
from golden.formats.rearrange import upsample
from golden.integer.elementwise import Concatenation, Product, Sum, Table
from golden.integer.fixed_point import Requantization
from golden.integer.normalization import Normalization
from golden.integer.softmax import Softmax
from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.operands import with_conversions
from golden.network.unet import unet
from tb.stimuli.random_workloads import random_workload

GRAPHS = {
    "unet": unet(8, 16, width=12, groups=4, classes=3),
    "dit": dit(8, 8, depth=1, patch=2, heads=2, classes=3),
}

OPERATIONS = {
    n.Conv2d: WeightedLayer,
    n.Linear: WeightedLayer,
    n.AttentionScores: AttentionLayer,
    n.AttentionMix: AttentionLayer,
    n.GroupNorm: Normalization,
    n.LayerNorm: Normalization,
    n.Softmax: Softmax,
    n.Silu: Table,
    n.Gelu: Table,
    n.Add: Sum,
    n.Multiply: Product,
    n.Concat: Concatenation,
    n.Quantize: Requantization,
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_every_dynamic_node_has_its_operation(graph):
    workload = random_workload(graph, (8, 8, 1))
    integer, formats = workload.integer, workload.description.formats
    assert [node.name for node in integer.nodes] == [
        node.name for node in graph.nodes if node.name in graph.dynamic
    ]
    assert list(integer.operations) == [node.name for node in integer.nodes]
    for node in integer.nodes:
        operation, target = integer.operations[node.name], formats[node.name]
        if isinstance(node, n.Upsample):
            assert operation is upsample
        elif isinstance(node, n.Unpatchify):
            assert operation.keywords == {"patch": node.patch}
        else:
            assert type(operation) is OPERATIONS[type(node)]
        if isinstance(operation, Layer):
            assert operation.requantization.target == target
            assert operation.zero_point == formats[node.inputs[0]].zero_point
        elif isinstance(operation, Sum | Product | Concatenation):
            assert (operation.a, operation.b) == tuple(formats[name] for name in node.inputs)
            assert operation.target == target
        elif isinstance(operation, Normalization | Softmax):
            assert (operation.source, operation.target) == (formats[node.inputs[0]], target)
        elif isinstance(operation, Table):
            assert operation.entries.dtype == target.dtype
    assert list(integer.layers()) == [node.name for node in graph.matmuls()]


def test_static_inputs_and_formats():
    graph = Graph(
        nodes=(
            n.Sinusoids(name="wave", frequencies=1),
            n.Linear(name="time", inputs=("wave",), in_channels=2, out_channels=2),
            n.Constant(name="unused", shape=(1, 1, 2)),
            n.Add(name="sum", inputs=(IMAGE, "time")),
            n.Add(name="again", inputs=("sum", "time")),
        )
    )
    assert static_inputs(graph) == ("time",)
    assert tensors_with_formats(graph) == [IMAGE, "time", "sum", "again"]


def test_static_tensors_of_one_image_go_with_all_images():
    graph = Graph(
        nodes=(
            n.Constant(name="small", shape=(1, 2, 4)),
            n.Upsample(name="large", inputs=("small",)),
            n.AttentionScores(name="static", inputs=("small", "small"), heads=2),
            n.AttentionScores(name="scores", inputs=("large", IMAGE), heads=2),
            n.Softmax(name="shares", inputs=("scores",), heads=2),
            n.AttentionMix(name="mix", inputs=("shares", IMAGE), heads=2),
            n.Concat(name="both", inputs=("large", "mix")),
            n.Linear(name="linear", inputs=("both",), in_channels=8, out_channels=4),
            n.Add(name="sum", inputs=("large", "linear")),
        )
    )
    workload = random_workload(with_conversions(graph), (2, 4, 4))
    noise = workload.noise(3, 0)
    images = {mode: workload.sample(mode, noise, 3) for mode in Mode}
    exact = workload.sample_float(noise, 3)
    assert np.linalg.norm(images[Mode.ACT] - exact) < 0.05 * np.linalg.norm(exact)
    for mode in Mode:
        np.testing.assert_array_equal(images[mode], images[Mode.ACT])
        alone = workload.sample(mode, noise[1:2], 3)
        np.testing.assert_array_equal(images[mode][1:2], alone)


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_last_readers(graph):
    integer: IntegerGraph = random_workload(graph, (8, 8, 1)).integer
    for name, reader in integer.last_reader.items():
        readers = [node.name for node in integer.nodes if name in node.inputs]
        assert readers[-1] == reader
