"""A layer of a given shape on activations that resemble those of a denoising step before."""

from functools import cache

import numpy as np
from scipy.special import ndtri

from golden.accelerator.candidates import candidates
from golden.accelerator.lowering import rows_shape
from golden.accelerator.program import LayerRun
from golden.accelerator.shape import LayerShape, unfolded, unfolded_shape
from golden.difference.matmul import Mode, exact_product
from golden.formats.elements import INT8_MAX, INT8_MIN
from golden.formats.im2col import im2col
from golden.machine.config import MachineConfig

SPREAD = 30.0
"""Standard deviation of activations and weights, normal around 0"""
SHARES = (0.44, 0.52, 0.04)
"""Of differences that are 0, have one digit (1 to 15), and two (16 to 60), signs alike: near the
averages of the Ditto paper"""
SMALLEST, LARGEST = (1, 16), (15, 60)


def layer_of_shape(
    shape: LayerShape, mode: Mode, config: MachineConfig, rng: np.random.Generator
) -> LayerRun:
    """The layer with the first plan of :func:`candidates`; DittosimError if the machine has none.

    Its shape is changed as the host changes that of a layer of a workload: pixels of one tap are
    rows of a matrix, and images that a machine cannot unfold are unfolded.
    """
    size = (1, shape.height, shape.width, shape.channels)
    before = now = _normal(rng, size)
    if mode is Mode.TEMPORAL:
        now = np.clip(before + _differences(rng, size), INT8_MIN, INT8_MAX).astype(np.int8)
    zero_point = int(rng.integers(-20, 21))
    weights = _normal(rng, (shape.k, shape.columns))

    def rows(image: np.ndarray) -> np.ndarray:
        window = (shape.kernel, shape.stride, shape.padding, zero_point, shape.trailing)
        return np.ascontiguousarray(im2col(image, *window).reshape(shape.rows, shape.k))

    plan = next(candidates(fitting_shape(shape, config), mode, config))
    if mode is not Mode.TEMPORAL:
        return LayerRun(plan, mode, zero_point, rows(now), weights)
    reference = rows(before)
    previous = exact_product(np.subtract(reference, zero_point, dtype=np.float32), weights)
    return LayerRun(plan, mode, zero_point, rows(now), weights, reference, previous)


def fitting_shape(shape: LayerShape, config: MachineConfig) -> LayerShape:
    """The shape in which the machine runs a layer."""
    if shape.kernel == 1:
        return rows_shape(shape.rows, shape.k, shape.columns, config)
    return unfolded_shape(shape) if unfolded(shape, config) else shape


@cache
def _quantiles() -> np.ndarray:
    """Of that normal distribution, int8 (65536,): drawing a place is drawing from it."""
    places = (np.arange(1 << 16) + 0.5) / (1 << 16)
    return np.clip(np.rint(SPREAD * ndtri(places)), INT8_MIN, INT8_MAX).astype(np.int8)


def _normal(rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
    return _quantiles()[rng.integers(0, 1 << 16, size, np.uint16)]


def _differences(rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
    kind = rng.choice(3, size, p=SHARES)
    small, large = (
        rng.integers(first, last, size, endpoint=True)
        for first, last in zip(SMALLEST, LARGEST, strict=True)
    )
    sign = rng.choice([-1, 1], size)
    return sign * np.choose(kind, [np.zeros(size, np.int64), small, large])
