import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.errors import DittosimError
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import Gelu
from golden.pruning.channels import PrunableLayer, prunability
from golden.pruning.layer_sparsity import KeptCount, channel_scales, kept_counts
from tests.helpers.nodes import conv, linear, norm

GRAPH = Graph(
    nodes=(
        conv("first", IMAGE, 1),
        norm("norm", "first", 2),
        linear("second", "norm", 4, 10),
        Gelu(name="gelu", inputs=("second",)),
        conv("last", "gelu", 10, 1),
    )
)


@pytest.fixture
def layers() -> dict[str, PrunableLayer]:
    return prunability(GRAPH).layers


def weights(gamma: list[float], norms: list[float]) -> dict[str, np.ndarray]:
    """Weights whose norms are those asked for."""
    second = np.zeros((4, 10), np.float32)
    second[1], second[3] = 0.6 * np.array(norms), -0.8 * np.array(norms)
    return {"norm.weight": np.array(gamma, np.float32), "second.weight": second}


def test_scales(layers):
    found = weights([1, -2, 0.5, 0], [2, 4] * 5)
    assert channel_scales(layers["first"], found).tolist() == [1, 2, 0.5, 0]
    expected = [2 / 3, 4 / 3] * 5
    np.testing.assert_allclose(channel_scales(layers["second"], found), expected, rtol=1e-6)
    found["second.weight"][:] = 0
    assert channel_scales(layers["second"], found).tolist() == [0] * 10


@pytest.mark.parametrize(
    ("sparsity", "wanted", "kept"),
    [
        (0, (4, 10), (4, 10)),
        (1 / 14, (3, 10), (4, 10)),
        (2 / 14, (2, 10), (2, 10)),
        # The least of the norms is the third of all 14.
        (3 / 14, (2, 9), (2, 9)),
        (0.5, (2, 5), (2, 5)),
        # A layer that would lose all stays whole.
        (0.99, (0, 0), (4, 10)),
    ],
)
def test_counts_follow_one_threshold(layers, sparsity, wanted, kept):
    found = weights([0.01, -9, 8, -0.02], [*range(11, 1, -1)])
    if sparsity == 0.99:
        found["norm.weight"][:] = 1e-3
    counts = kept_counts(layers, found, sparsity)
    assert tuple(count.wanted for count in counts.values()) == wanted
    assert tuple(count.kept for count in counts.values()) == kept


@settings(deadline=None)
@given(sparsity=st.floats(0, 1, exclude_max=True), seed=st.integers(0, 2**32 - 1))
def test_share_of_all_channels(sparsity, seed):
    rng = np.random.default_rng(seed)
    found = weights(rng.standard_normal(4).tolist(), rng.uniform(1, 2, 10).tolist())
    counts = kept_counts(prunability(GRAPH).layers, found, sparsity)
    removed = 14 - sum(count.wanted for count in counts.values())
    assert removed == round(14 * sparsity)


@pytest.mark.parametrize(
    ("filters", "wanted", "multiple", "kept"),
    [
        (32, 13, 1, 13),
        (32, 13, 8, 16),
        (32, 16, 8, 16),
        (32, 1, 8, 8),
        (32, 0, 8, 32),
        (32, 32, 8, 32),
        (32, 13, 24, 24),
        (32, 25, 24, 32),
        (32, 13, 64, 32),
    ],
)
def test_rounding(filters, wanted, multiple, kept):
    count = KeptCount(filters, wanted, multiple)
    assert count.kept == kept
    assert count.sparsity == 1 - kept / filters


def test_columns_and_groups_together(layers):
    found = weights([1, 2, 3, 4], [0.1] * 10)
    counts = kept_counts(layers, found, 0.5, columns=3)
    assert [count.multiple for count in counts.values()] == [6, 3]


@pytest.mark.parametrize("sparsity", [-0.1, 1, 1.5, float("nan"), float("inf")])
def test_sparsity_that_makes_no_sense(layers, sparsity):
    with pytest.raises(DittosimError, match="must be at least 0 and below 1"):
        kept_counts(layers, weights([1] * 4, [1] * 10), sparsity)
