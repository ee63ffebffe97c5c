import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from dittosim.quality.classifier import GRAPH
from dittosim.training.recipes import classifier


def test_augmented_images_are_shifted(monkeypatch):
    monkeypatch.setattr(classifier, "NOISE", 0.0)
    rng = np.random.default_rng(0)
    images = np.full((50, 16, 16, 1), -1, np.float32)
    images[:, 2:-2, 2:-2] = rng.uniform(-1, 1, (50, 12, 12, 1))
    shifts = []
    for before, after in zip(images, classifier.augmented(images, rng), strict=True):
        shifts += [
            (down, right)
            for down in range(-classifier.SHIFT, classifier.SHIFT + 1)
            for right in range(-classifier.SHIFT, classifier.SHIFT + 1)
            if np.array_equal(np.roll(before, (down, right), axis=(0, 1)), after)
        ]
    assert len(shifts) == len(images)
    assert len(set(shifts)) == (2 * classifier.SHIFT + 1) ** 2


def test_augmented_images_are_noisy():
    images = np.zeros((100, 16, 16, 1), np.float32)
    inside = classifier.augmented(images, np.random.default_rng(0))[:, 1:-1, 1:-1]
    assert inside.dtype == np.float32
    assert inside.std() == pytest.approx(classifier.NOISE, rel=0.05)


def test_training_learns():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 200)
    images = np.full((200, 16, 16, 1), -1, np.float32)
    for image, label in zip(images, labels, strict=True):
        image[label : label + 5] = 1
    weights = classifier.train_classifier(images, labels, iterations=150)
    assert {name: array.shape for name, array in weights.items()} == GRAPH.parameter_shapes()
    assert (classifier.read(images, weights).classes == labels).mean() > 0.5


def test_halves_of_one_distribution_come_closer_with_more_images():
    rng = np.random.default_rng(0)
    few, many = (
        classifier.mean_halves_distance(rng.standard_normal((count, 8)), rng)
        for count in (40, 4000)
    )
    assert 0 < many < few / 10
