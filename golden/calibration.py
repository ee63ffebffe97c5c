"""Post-training calibration: the range of every layer's input over all denoising steps."""

import numpy as np

from golden import graph as g
from golden.diffusion import Schedule, ddim
from golden.execution import Weights, float_matmul, run_graph
from golden.quantization import ActivationFormat


def calibrate(
    graph: g.Graph, weights: Weights, schedule: Schedule, noise: np.ndarray, steps: int
) -> dict[str, ActivationFormat]:
    """Format of each layer's input, by layer: covers all values of a float32 sampling run.

    ``noise`` float32 (batch, height, width, channels) starts the run of ``steps`` DDIM steps.
    """
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    matmul = float_matmul(weights)

    def observed(node: g.MatmulNode, x: np.ndarray) -> np.ndarray:
        low[node.name] = min(low.get(node.name, 0.0), float(x.min()))
        high[node.name] = max(high.get(node.name, 0.0), float(x.max()))
        return matmul(node, x)

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        return run_graph(graph, weights, image, time, observed)

    ddim(denoise, noise, schedule, steps)
    return {name: ActivationFormat.covering(low[name], high[name]) for name in low}
