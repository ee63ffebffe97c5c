import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster import hierarchy

from golden.pruning.clustering import Linkage, cut_off_height, dendrograms, kernel_clusters
from tests.helpers import naive_pruning as naive


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    kernel=st.integers(1, 3),
    channels=st.integers(1, 4),
    filters=st.integers(2, 9),
    data=st.data(),
)
def test_clusters_are_those_of_the_definitions(seed, kernel, channels, filters, data):
    count = data.draw(st.integers(1, filters - 1))
    linkage = data.draw(st.sampled_from(Linkage))
    weight = np.random.default_rng(seed).standard_normal((kernel, kernel, channels, filters))
    found = kernel_clusters(weight, count, linkage)
    assert naive.as_sets(found) == naive.clusters_of_layer(weight, filters - count, linkage)
    assert max(map(len, naive.as_sets(found))) == count
    assert sorted(set(found.ravel().tolist())) == list(range(found.max() + 1))
    assert (np.diff([row.min() for row in found]) > 0).all()


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), linkage=st.sampled_from(Linkage))
def test_distances_of_merges(seed, linkage):
    weight = np.random.default_rng(seed).standard_normal((3, 3, 2, 8)).astype(np.float32)
    found = dendrograms(weight, linkage)
    assert (np.diff(found[:, :, 2]) >= 0).all()
    for channel, own in enumerate(found):
        expected = [m.distance for m in naive.merges(naive.kernels_of(weight, channel), linkage)]
        # The libraries' distance is a monotone function of the paper's.
        distances = own[:, 2] ** 2 / 2 if linkage is Linkage.WARD else own[:, 2]
        np.testing.assert_allclose(distances, expected, rtol=1e-9)


def test_distances_are_those_of_scipy():
    weight = np.random.default_rng(0).standard_normal((3, 3, 2, 50))
    for linkage in Linkage:
        for channel, own in enumerate(dendrograms(weight, linkage)):
            points = naive.kernels_of(weight, channel)
            expected = hierarchy.linkage(points, linkage.value)
            np.testing.assert_allclose(own[:, 2], expected[:, 2])


def test_linear_layers_have_kernels_of_one_number():
    weight = np.array([[0.0, 0.1, 5.0, 5.3], [7.0, 1.0, 7.0, 2.0]])
    clusters = naive.as_sets(kernel_clusters(weight, 2))
    first = {frozenset({0, 1}), frozenset({2, 3})}
    second = {frozenset({0, 2}), frozenset({1, 3})}
    assert clusters == [first, second]
    assert naive.as_sets(kernel_clusters(weight[None, None], 2)) == clusters


def test_channels_of_similar_kernels_have_fewer_clusters():
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((3, 3, 2, 12))
    weight[:, :, 1] = weight[:, :, 1, :1] + 1e-3 * weight[:, :, 1]
    different, similar = naive.as_sets(kernel_clusters(weight, 6))
    assert (len(different), len(similar)) == (6, 1)


@pytest.mark.parametrize("linkage", Linkage)
@pytest.mark.parametrize("copies", [2, 3, 5])
def test_copies_of_kernels_are_one_cluster(copies, linkage):
    originals = np.random.default_rng(copies).standard_normal((3, 3, 4, 6)).astype(np.float32)
    weight = np.tile(originals, copies)
    together = {frozenset(range(first, 6 * copies, 6)) for first in range(6)}
    assert naive.as_sets(kernel_clusters(weight, 6, linkage)) == [together] * 4
    # Means of equal float32 kernels are exact in float64.
    assert cut_off_height(dendrograms(weight, linkage), 6 * (copies - 1)) == 0


def test_progress_counts_channels():
    seen = []
    weight = np.random.default_rng(0).standard_normal((3, 3, 5, 4))
    kernel_clusters(weight, 2, progress=lambda: seen.append(1))
    assert len(seen) == 5


def test_no_thread_outlives_an_interrupt():
    def interrupt() -> None:
        raise KeyboardInterrupt

    weight = np.random.default_rng(0).standard_normal((3, 3, 200, 100))
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        kernel_clusters(weight, 50, progress=interrupt)
    assert threading.active_count() == before
