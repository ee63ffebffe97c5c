import numpy as np
import pytest

from golden.denoising.calibration import Calibration
from golden.difference.matmul import Mode
from golden.floating.execution import run_graph
from golden.floating.operators import layer_norm
from golden.network.dit import EPSILON, dit
from golden.network.graph import Graph
from golden.network.nodes import AttentionScores, LayerNorm
from tb.stimuli.random_workloads import random_weights, random_workload
from tests.helpers.random_workloads import assert_all_modes_equal, prediction_errors

PREDICTION = 0.1
"""Relative error of an untrained model's predictions: 8-bit operands with errors of 1 % each, some
thirty of them in a row (measured: up to 0.075 for U-Nets and 0.065 for transformers)."""


def random_dit(rng: np.random.Generator, size: int) -> Graph:
    heads = int(rng.choice([1, 2, 4]))
    return dit(
        size,
        heads * 4 * int(rng.integers(1, 4)),
        depth=int(rng.integers(1, 3)),
        patch=int(rng.choice([1, 2, 4])),
        heads=heads,
        classes=int(rng.integers(1, 4)),
        ratio=int(rng.integers(1, 5)),
    )


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.long) for n in range(3, 20))]
)
def test_random_models_in_integers(seed):
    """As in float, nearly; and all modes the same."""
    rng = np.random.default_rng(seed)
    method = list(Calibration)[seed % 3]
    size = int(rng.choice([4, 8]))
    workload = random_workload(random_dit(rng, size), (size, size, 1), seed, method)
    assert_all_modes_equal(workload, steps=4, seed=seed, count=2)
    errors = prediction_errors(workload, steps=6, seed=seed)
    assert len(errors) == 6
    assert max(errors) < PREDICTION


def test_parts():
    graph = dit(8, 12, depth=2, patch=2, heads=3, classes=4, ratio=2)
    shapes = graph.shapes((8, 8, 1))
    assert graph.classes == 4
    assert shapes["patches"] == shapes["tokens"] == shapes["block1"] == (4, 4, 12)
    assert shapes["condition"] == (1, 1, 12)
    assert shapes["block0.attention.scores"] == (4, 4, 3 * 16)
    assert shapes["block0.mlp.linear0"] == (4, 4, 24)
    assert shapes["head.image"] == (8, 8, 1)
    assert sum(isinstance(node, AttentionScores) for node in graph.nodes) == 2
    norms = [node for node in graph.nodes if isinstance(node, LayerNorm)]
    assert len(norms) == 2 * 2 + 1
    assert {(norm.affine, norm.epsilon) for norm in norms} == {(False, EPSILON)}


def test_the_condition_is_computed_by_the_host():
    graph = dit(8, 8, depth=1, patch=2, heads=2, classes=4)
    vectors = {"gate", "factor", "shift"}
    for node in graph.nodes:
        if node.name.split(".")[-1] in vectors or node.name == "condition":
            assert node.name not in graph.dynamic
            assert node.name in graph.changing
    workload = random_workload(graph, (8, 8, 1))
    assert "block0.mlp.linear0" in workload.layers()
    assert not any(name.split(".")[-1] in vectors for name in workload.layers())


def test_adaptive_norm_and_gate():
    """Peebles and Xie, figure 3: ``x + gate * f(factor * norm(x) + shift)``."""
    graph = dit(4, 8, depth=1, patch=2, heads=2, classes=2)
    weights, seen = random_weights(graph, 0), {}
    image = np.random.default_rng(0).standard_normal((1, 4, 4, 1)).astype(np.float32)
    run_graph(graph, weights, image, 7, np.array([1]), seen.__setitem__)
    normed = layer_norm(seen["tokens"], EPSILON)
    expected = normed * seen["block0.attention.factor"] + seen["block0.attention.shift"]
    np.testing.assert_allclose(seen["block0.attention.shifted"], expected, rtol=1e-5, atol=1e-5)
    projected = seen["block0.attention.project"]
    expected = seen["tokens"] + seen["block0.attended.gate"] * projected
    np.testing.assert_allclose(seen["block0.attended"], expected, rtol=1e-5, atol=1e-5)


def test_classes_matter():
    workload = random_workload(dit(4, 8, depth=1, patch=2, heads=2, classes=3), (4, 4, 1))
    noise = np.repeat(workload.noise(1, 0), 2, axis=0)
    same, other = (
        workload.sample(Mode.ACT, noise, 2, labels=np.array(labels)) for labels in ([1, 1], [1, 2])
    )
    np.testing.assert_array_equal(same[0], same[1])
    np.testing.assert_array_equal(same[0], other[0])
    assert (other[0] != other[1]).any()
