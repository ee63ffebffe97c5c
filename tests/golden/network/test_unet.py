import numpy as np
import pytest

from golden.denoising.calibration import Calibration
from golden.difference.matmul import Mode
from golden.network.graph import Graph
from golden.network.nodes import AttentionMix, AttentionScores, Conv2d, GroupNorm
from golden.network.unet import unet
from tb.stimuli.random_workloads import random_workload
from tests.helpers.random_workloads import assert_all_modes_equal, prediction_errors

PREDICTION = 0.1
"""Relative error of an untrained model's predictions: 8-bit operands with errors of 1 % each, some
thirty of them in a row (measured: up to 0.075 for U-Nets and 0.065 for transformers)."""


def random_unet(seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    heads, groups = (int(n) for n in rng.choice([1, 2, 4], 2))
    return unet(
        *(int(n) for n in rng.choice([8, 16], 2)),
        width=int(rng.integers(4, 20)),
        groups=groups,
        heads=heads,
        classes=int(rng.integers(0, 4)),
        tokens=int(rng.integers(1, 6)),
    )


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.long) for n in range(3, 20))]
)
def test_random_models_in_integers(seed):
    """As in float, nearly; and all modes the same."""
    method = list(Calibration)[seed % 3]
    size = int(np.random.default_rng(seed).choice([4, 6, 10]))
    workload = random_workload(random_unet(seed), (size, size, 1), seed, method)
    assert_all_modes_equal(workload, steps=4, seed=seed, count=2)
    errors = prediction_errors(workload, steps=6, seed=seed)
    assert len(errors) == 6
    assert max(errors) < PREDICTION


def kinds(graph: Graph, kind: type) -> list[str]:
    return [node.name for node in graph.nodes if isinstance(node, kind)]


def test_parts():
    graph = unet(8, 16, width=12, groups=4)
    assert graph.classes == 0
    assert kinds(graph, AttentionScores) == ["attention.scores"]
    assert kinds(graph, AttentionMix) == ["attention.mix"]
    assert len(kinds(graph, Conv2d)) == 11
    assert {node.groups for node in graph.nodes if isinstance(node, GroupNorm)} == {4}
    shapes = graph.shapes((16, 16, 1))
    assert shapes["stem"] == (16, 16, 8)
    assert shapes["middle"] == shapes["attention"] == (8, 8, 16)
    assert shapes["concat"] == (16, 16, 16)
    assert shapes["head"] == (16, 16, 1)


def test_classes_add_cross_attention_to_their_tokens():
    graph = unet(8, 16, width=12, groups=4, classes=5, tokens=3)
    assert graph.classes == 5
    assert kinds(graph, AttentionScores) == ["attention.scores", "cross.scores"]
    shapes = graph.shapes((16, 16, 1))
    assert shapes["class"] == (1, 3, 12)
    assert shapes["cross.scores"] == (8, 8, 2 * 3)
    layers = random_workload(graph, (4, 4, 1)).layers()
    assert layers["attention.scores"].moving
    assert layers["attention.mix"].moving
    assert not layers["cross.scores"].moving
    assert not layers["cross.mix"].moving


def test_classes_matter():
    workload = random_workload(unet(8, 8, width=8, groups=4, classes=3), (4, 4, 1))
    noise = np.repeat(workload.noise(1, 0), 2, axis=0)
    same, other = (
        workload.sample(Mode.ACT, noise, 2, labels=np.array(labels)) for labels in ([1, 1], [1, 2])
    )
    np.testing.assert_array_equal(same[0], same[1])
    np.testing.assert_array_equal(same[0], other[0])
    assert (other[0] != other[1]).any()
