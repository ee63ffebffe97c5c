from importlib import resources

import numpy as np
import pytest
import safetensors.numpy

from dittosim.quality import reference
from dittosim.quality.classifier import CLASSES, GRAPH, read
from dittosim.quality.frechet import Gaussian


def test_file_is_small():
    path = resources.files("dittosim.quality") / reference.FILE
    assert 0 < path.stat().st_size < 300_000


def test_contents():
    loaded = reference.load_reference()
    shapes = {name: weights.shape for name, weights in loaded.weights.items()}
    assert shapes == GRAPH.parameter_shapes()
    assert {weights.dtype for weights in loaded.weights.values()} == {np.dtype(np.float32)}
    assert (loaded.digits.mean.shape, loaded.digits.covariance.shape) == ((64,), (64, 64))
    np.testing.assert_array_equal(loaded.digits.covariance, loaded.digits.covariance.T)
    assert np.linalg.eigvalsh(loaded.digits.covariance).min() > 0
    assert loaded.halves_distance > 0
    assert 0.97 <= loaded.held_out_accuracy <= 1


def test_saved_is_what_was_loaded(tmp_path):
    path = tmp_path / reference.FILE
    reference.load_reference().save(path)
    shipped = safetensors.numpy.load_file(resources.files("dittosim.quality") / reference.FILE)
    saved = safetensors.numpy.load_file(path)
    assert saved.keys() == shipped.keys()
    for name, values in shipped.items():
        np.testing.assert_array_equal(saved[name], values)


def test_figures_are_those_of_the_digits():
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from dittosim.training.digits import digits

    images, labels = digits(16)
    loaded = reference.load_reference()
    reading = read(images, loaded.weights)
    found = Gaussian.of(reading.features)
    np.testing.assert_allclose(found.mean, loaded.digits.mean, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.covariance, loaded.digits.covariance, rtol=1e-3, atol=1e-3)
    assert (reading.classes == labels).mean() > 1 - 2 / CLASSES**2
