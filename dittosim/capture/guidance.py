"""Classifier-free guidance: two passes of a model, combined as diffusers' pipelines combine them.

Each pass has its own layers, and so its own ranges: those of the pass without a condition have
``negative.`` before their names.
"""

from dataclasses import dataclass

import numpy as np

from dittosim.capture.inputs import Arrays
from dittosim.capture.model import CapturedModel

NEGATIVE = "negative."


@dataclass(frozen=True)
class Guidance:
    """What the model is given in a step's passes."""

    inputs: Arrays
    """With the condition"""
    negative: Arrays | None = None
    """Without it, first of the two passes; None for one pass"""
    scale: float = 1.0

    def passes(self) -> list[tuple[str, Arrays]]:
        """The passes in their order: what stands before the layers' names, and the inputs."""
        first = [] if self.negative is None else [(NEGATIVE, self.negative)]
        return [*first, ("", self.inputs)]

    def predict(self, model: CapturedModel, image: np.ndarray, time: float) -> np.ndarray:
        """What a step goes on with, for ``image`` float32 (batch, height, width, channels)."""
        found = []
        for model.watcher.prefix, inputs in self.passes():
            found.append(model(image, time, inputs))
        if len(found) == 1:
            return found[0]
        without, towards = found
        return without + np.float32(self.scale) * (towards - without)
