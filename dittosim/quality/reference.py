"""The trained classifier with what it says of the real digits, as one file in the package."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import safetensors.numpy

from dittosim.quality.classifier import GRAPH
from dittosim.quality.frechet import Gaussian
from golden.files import save_tensors

FILE = "classifier.safetensors"


@dataclass(frozen=True)
class Reference:
    """What images are judged by."""

    weights: dict[str, np.ndarray]
    """float32, of the classifier, by ``node.parameter``"""
    digits: Gaussian
    """Features of all real digits"""
    halves_distance: float
    """Mean Frechet distance between random halves of the real digits"""
    held_out_accuracy: float
    """Share of the digits read correctly that the classifier was not trained on"""

    def save(self, path: Path) -> None:
        """Writes the file."""
        figures = {
            "digits.mean": self.digits.mean,
            "digits.covariance": self.digits.covariance,
            "digits.halves_distance": np.array(self.halves_distance),
            "digits.held_out_accuracy": np.array(self.held_out_accuracy),
        }
        save_tensors(path, self.weights | figures)


def reference_path() -> Path:
    """The file in the package."""
    return Path(str(resources.files("dittosim.quality") / FILE))


@cache
def load_reference() -> Reference:
    """The one in the package."""
    tensors = safetensors.numpy.load_file(reference_path())
    return Reference(
        {name: tensors[name] for name in GRAPH.parameter_shapes()},
        Gaussian(tensors["digits.mean"], tensors["digits.covariance"]),
        float(tensors["digits.halves_distance"]),
        float(tensors["digits.held_out_accuracy"]),
    )
