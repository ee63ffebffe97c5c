import numpy as np

from dittosim.quality.classifier import FEATURES, GRAPH, IMAGE_SHAPE, read
from dittosim.quality.reference import load_reference

# The first two of scikit-learn's digits, ink from 0 to 16.
ZERO = """
0 0  5 13  9  1 0 0
0 0 13 15 10 15 5 0
0 3 15  2  0 11 8 0
0 4 12  0  0  8 8 0
0 5  8  0  0  9 8 0
0 4 11  0  1 12 7 0
0 2 14  5 10 12 0 0
0 0  6 13 10  0 0 0
"""
ONE = """
0 0  0 12 13  5 0 0
0 0  0 11 16  9 0 0
0 0  3 15 16  6 0 0
0 7 15 16 16  2 0 0
0 0  1 16 16  3 0 0
0 0  1 16 16  6 0 0
0 0  1 16 16  6 0 0
0 0  0 11 16 10 0 0
"""


def drawn(digit: str) -> np.ndarray:
    """A digit of 8 x 8 pixels as an image, doubled in size."""
    ink = np.array(digit.split(), np.float32).reshape(8, 8)
    return np.kron(ink / 8 - 1, np.ones((2, 2), np.float32))[..., None]


def test_features_are_all_that_the_classes_are_read_from():
    shapes = GRAPH.shapes(IMAGE_SHAPE)
    assert shapes[FEATURES] == (1, 1, 64)
    assert GRAPH.nodes[-1].inputs == (FEATURES,)


def test_reading():
    weights = load_reference().weights
    images = np.stack([drawn(ZERO), drawn(ONE), drawn(ZERO)])
    reading = read(images, weights)
    assert reading.classes.tolist() == [0, 1, 0]
    assert reading.features.dtype == np.float32
    assert reading.features.shape == (3, 64)
    scores = reading.features @ weights["classes.weight"] + weights["classes.bias"]
    np.testing.assert_array_equal(scores.argmax(axis=1), reading.classes)
    np.testing.assert_array_equal(reading.features[0], reading.features[2])
