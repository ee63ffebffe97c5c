"""Quality of generated digits."""

from dataclasses import dataclass

import numpy as np

from dittosim.quality.classifier import read
from dittosim.quality.frechet import Gaussian, frechet_distance
from dittosim.quality.reference import load_reference
from golden.errors import DittosimError


@dataclass(frozen=True)
class Quality:
    """How good a set of images is."""

    distance: float
    """Frechet distance to the real digits; 0 at best"""
    accuracy: float | None
    """Share of images read as the class asked for; None where none was"""


def evaluate(images: np.ndarray, labels: np.ndarray | None) -> Quality:
    """Judges ``images`` float32 (count, 16, 16, 1) of the classes ``labels`` int (count,).

    DittosimError if some pixel is not finite.
    """
    if not np.isfinite(images).all():
        raise DittosimError("the model makes images that are not finite: look at its weights")
    reference = load_reference()
    reading = read(images, reference.weights)
    distance = frechet_distance(Gaussian.of(reading.features), reference.digits)
    accuracy = None if labels is None else float((reading.classes == labels).mean())
    return Quality(distance, accuracy)
