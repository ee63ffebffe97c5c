"""Weights of no training: normal, of the scale that keeps the size of what flows."""

import math

import numpy as np

from golden.network.graph import Graph


def random_weights(graph: Graph) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        name: (rng.standard_normal(shape) / math.sqrt(math.prod(shape[:-1]))).astype(np.float32)
        for name, shape in graph.parameter_shapes().items()
    }
