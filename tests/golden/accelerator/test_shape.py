import numpy as np
import pytest

from golden.accelerator.shape import LayerShape, unfolded, unfolded_shape
from golden.formats.im2col import im2col
from golden.machine.config import load_config
from tb.stimuli.random_programs import random_shape

CONFIG = load_config("tiny")


@pytest.mark.parametrize("seed", range(20))
def test_image_undoes_im2col(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = random_shape(rng, CONFIG)
    size = (1, shape.height, shape.width, shape.channels)
    image = rng.integers(-128, 128, size, dtype=np.int8)

    def rows_of(x: np.ndarray) -> np.ndarray:
        rows = im2col(x, shape.kernel, shape.stride, shape.padding, 7, shape.trailing)
        return rows.reshape(shape.rows, shape.k)

    again = shape.image(rows_of(image))
    assert (rows_of(again[None]) == rows_of(image)).all()
    assert ((again == image[0]) | (again == 0)).all()
    if shape.stride == 1:
        assert (again == image[0]).all()


def test_padded_rows() -> None:
    shape = LayerShape(height=1, width=2, channels=3, columns=1, kernel=1)
    padded = shape.padded_rows(np.arange(6, dtype=np.int8).reshape(2, 3), CONFIG)
    assert padded.tolist() == [[0, 1, 2, 0, 0, 0, 0, 0], [3, 4, 5, 0, 0, 0, 0, 0]]


def test_unfolds_few_channels() -> None:
    stem = LayerShape(height=16, width=16, channels=1, columns=32, kernel=3, padding=1)
    assert unfolded(stem, CONFIG)
    assert unfolded_shape(stem) == LayerShape(height=16, width=16, channels=9, columns=32)
    assert not unfolded(LayerShape(height=9, width=9, channels=8, columns=1, kernel=3), CONFIG)


def test_unfolds_windows_outside_the_image() -> None:
    assert unfolded(
        LayerShape(height=9, width=9, channels=64, columns=1, kernel=2, padding=2), CONFIG
    )
