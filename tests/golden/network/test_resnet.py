import numpy as np
import pytest

from golden.floating.execution import run_graph
from golden.network.resnet import resnet
from golden.pruning.channels import prunability
from tests.helpers.normal_weights import random_weights


@pytest.mark.parametrize(("size", "channels"), [(16, (8, 16, 32)), (8, (4,)), (8, (8, 12))])
def test_one_score_per_class(size, channels):
    graph = resnet(size, channels, blocks=2, classes=7)
    images = np.random.default_rng(0).standard_normal((3, size, size, 1)).astype(np.float32)
    scores = run_graph(graph, random_weights(graph), images, time=0)
    assert scores.shape == (3, 1, 1, 7)
    assert np.abs(scores).max() > 0


def test_only_the_inner_convolutions_of_blocks_are_pruned():
    graph = resnet(16, (8, 16, 32), blocks=2, classes=10)
    found = prunability(graph)
    blocks = [f"stage{stage}.block{block}" for stage in range(3) for block in range(2)]
    assert list(found.layers) == [f"{block}.conv0" for block in blocks]
    for block in blocks:
        layer = found.layers[f"{block}.conv0"]
        assert [reader.name for reader in layer.readers] == [f"{block}.conv1"]
        assert layer.groups == 4
    assert {"stem", "classes", "stage1.block0.skip"} <= found.obstacles.keys()
