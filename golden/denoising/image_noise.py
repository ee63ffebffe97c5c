"""Random numbers of a sampling run that depend on nothing but the seed and the image's number."""

from typing import NamedTuple

import numpy as np


class ImageSeed(NamedTuple):
    """The seed of a run of which a part of the images is sampled."""

    seed: int
    first: int = 0
    """Number of the first of these images in the run"""


class ImageNoise:
    """A stream of its own for each image, so that what is sampled together does not matter."""

    def __init__(self, seed: int | ImageSeed, count: int) -> None:
        run = seed if isinstance(seed, ImageSeed) else ImageSeed(seed)
        numbers = range(run.first, run.first + count)
        self._streams = [np.random.default_rng([run.seed, 1, number]) for number in numbers]

    def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        """The next numbers, float64 of ``shape`` (count, height, width, channels)."""
        return np.stack([stream.standard_normal(shape[1:]) for stream in self._streams])
