import numpy as np
import pytest

from dittosim.quality.classifier import read
from dittosim.quality.evaluation import evaluate
from dittosim.quality.frechet import Gaussian, frechet_distance
from dittosim.quality.reference import load_reference
from golden.errors import DittosimError


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (40, 16, 16, 1)).astype(np.float32)


def test_distance_is_that_of_the_features(images):
    reference = load_reference()
    features = Gaussian.of(read(images, reference.weights).features)
    found = evaluate(images, None)
    assert found.distance == frechet_distance(features, reference.digits)
    assert found.distance > 10 * reference.halves_distance
    assert found.accuracy is None


def test_accuracy_counts_the_classes_asked_for(images):
    labels = read(images, load_reference().weights).classes
    assert evaluate(images, labels).accuracy == 1
    labels[:10] += 1
    assert evaluate(images, labels).accuracy == 0.75


def test_images_that_are_not_finite(images):
    images[3, 2, 1] = np.nan
    with pytest.raises(DittosimError, match="not finite"):
        evaluate(images, None)
