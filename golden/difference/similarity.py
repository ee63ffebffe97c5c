"""How alike the inputs of a layer are: from step to step, and from row to row within one step.

Values are taken relative to the zero point, in steps of the tensor's scale, which cancels in
cosines and in ratios of ranges. Inputs are the rows that the array multiplies: a convolution's
pixels appear in each window that covers them, padding included.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode
from golden.formats.encoding import differences


@dataclass(frozen=True)
class Similarity:
    """Averages of a layer at one step; of attention with two changing operands, of both."""

    cosine: float
    """Of value and reference: 1 where both are all zero, 0 where one is; NaN if there are none"""
    value_range: float
    """Largest minus smallest value of an image"""
    difference_range: float
    """Largest minus smallest difference of an image; NaN if there are none"""

    @classmethod
    def mean(cls, parts: list["Similarity"]) -> Self:
        """The average of several."""
        averages = np.mean([list(vars(part).values()) for part in parts], axis=0)
        return cls(*averages.tolist())


def temporal_similarity(layer_input: LayerInput, images: int) -> Similarity:
    """Of a layer's input at this step and at the previous one, averaged over ``images``.

    The vectors of the cosine are all values of an image. In the first step there is nothing to
    compare with.
    """
    parts = []
    for product in layer_input.products(Mode.TEMPORAL):
        values = product.differences(Mode.ACT).reshape(images, -1)
        cosine = difference_range = np.nan
        if product.previous_rows is not None:
            before = differences(product.previous_rows, product.reference(Mode.ACT))
            before = before.reshape(images, -1)
            cosine = float(cosines(values, before).mean())
            difference_range = mean_range(values - before)
        parts.append(Similarity(cosine, mean_range(values), difference_range))
    return Similarity.mean(parts)


def spatial_similarity(layer_input: LayerInput, images: int) -> Similarity:
    """Of each row and the row before it in the same image (and head), averaged over all pairs.

    Rows follow each other along the lines of an image, as SPATIAL takes them: mostly, a row and
    the one before it are horizontal neighbours. Inputs of one row have no neighbours.
    """
    (product,) = layer_input.products(Mode.SPATIAL)
    values = product.differences(Mode.ACT)
    cosine = difference_range = np.nan
    if values.shape[1] > 1:
        cosine = float(cosines(values[:, 1:], values[:, :-1]).mean())
        difference_range = mean_range(np.diff(values, axis=1).reshape(images, -1))
    return Similarity(cosine, mean_range(values.reshape(images, -1)), difference_range)


def cosines(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Cosine of the vectors along the last axis, float64 of the other axes' shape.

    Two vectors of zeros have cosine 1, and one of zeros has cosine 0 with any other.
    """
    values, others = values.astype(np.float64), others.astype(np.float64)
    squares = np.vecdot(values, values), np.vecdot(others, others)
    both_zero = (squares[0] == 0) & (squares[1] == 0)
    norms = np.sqrt(squares[0] * squares[1])
    return np.where(both_zero, 1.0, np.vecdot(values, others) / np.where(norms, norms, 1.0))


def mean_range(values: np.ndarray) -> float:
    """Largest minus smallest of each image, averaged; ``values`` int16 (images, count)."""
    return float((values.max(axis=1) - values.min(axis=1)).mean())
