"""Post-training calibration: the range of every tensor over all denoising steps."""

from enum import StrEnum

import numpy as np

from golden.denoising.diffusion import Schedule
from golden.denoising.lowering import tensors_with_formats
from golden.denoising.samplers import Sampler, sample
from golden.floating.execution import Weights, run_graph
from golden.formats.quantization import TensorFormat
from golden.network.graph import Graph
from golden.network.nodes import AttentionMatmul, Unpatchify, Upsample
from golden.network.operands import WIDE, tensor_bits

WIDE_MARGIN = 1.25
"""16-bit formats reach beyond the range seen by this factor: a third of a bit, no saturation."""
PERCENTILE = 99.99
CALIBRATION_IMAGES = 60
SAMPLES = 4096
"""Values kept of each tensor at each step."""


class Calibration(StrEnum):
    """How the range of an 8-bit format is chosen."""

    ABSMAX = "absmax"
    """All values seen"""
    PERCENTILE = "percentile"
    """All but the outermost 0.01 % of either side"""
    MSE = "mse"
    """The part of all values seen whose quantization error is least in the mean square"""


def calibrate(
    graph: Graph,
    weights: Weights,
    schedule: Schedule,
    noise: np.ndarray,
    steps: int,
    labels: np.ndarray | None = None,
    method: Calibration = Calibration.ABSMAX,
) -> dict[str, TensorFormat]:
    """Format of every tensor of an integer run, from a float32 run.

    ``noise`` float32 (batch, height, width, channels) starts the run of ``steps`` DDIM steps,
    ``labels`` are its classes.
    """
    wanted = set(tensors_with_formats(graph))
    ranges = {name: _Range() for name in wanted}
    rng = np.random.default_rng(0)

    def observe(name: str, tensor: np.ndarray) -> None:
        if name in wanted:
            ranges[name].add(tensor, rng)

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        return run_graph(graph, weights, image, time, labels, observe)

    sample(Sampler.DDIM, denoise, noise, schedule, steps)
    return formats_of(graph, ranges, method)


class _Range:
    """Extremes of a tensor's values, and a sample of them."""

    def __init__(self) -> None:
        self.low = self.high = 0.0
        self.samples: list[np.ndarray] = []

    def add(self, tensor: np.ndarray, rng: np.random.Generator) -> None:
        self.low = min(self.low, float(tensor.min()))
        self.high = max(self.high, float(tensor.max()))
        count = min(SAMPLES, tensor.size)
        self.samples.append(rng.choice(tensor.ravel(), count, replace=False))


def formats_of(
    graph: Graph, ranges: dict[str, _Range], method: Calibration
) -> dict[str, TensorFormat]:
    """Formats for the ranges seen; :func:`calibrate` with the run already done."""
    bits = tensor_bits(graph)
    formats: dict[str, TensorFormat] = {}
    by_name = {node.name: node for node in graph.nodes}
    for name in tensors_with_formats(graph):
        node = by_name.get(name)
        if isinstance(node, Upsample | Unpatchify) and name in graph.dynamic:
            formats[name] = formats[node.inputs[0]]
        elif bits[name] == WIDE:
            low, high = ranges[name].low * WIDE_MARGIN, ranges[name].high * WIDE_MARGIN
            formats[name] = TensorFormat.covering(low, high, bits=16, symmetric=True)
        else:
            operand = any(isinstance(n, AttentionMatmul) for n in graph.consumers[name])
            formats[name] = _narrow(ranges[name], operand, method)
    return formats


def _narrow(seen: _Range, symmetric: bool, method: Calibration) -> TensorFormat:
    low, high = seen.low, seen.high
    if method is Calibration.ABSMAX:
        return TensorFormat.covering(low, high, symmetric=symmetric)
    values = np.concatenate(seen.samples).astype(np.float64)
    if method is Calibration.PERCENTILE:
        low, high = np.percentile(values, [100 - PERCENTILE, PERCENTILE])
        return TensorFormat.covering(float(low), float(high), symmetric=symmetric)
    candidates = [
        TensorFormat.covering(low * part, high * part, symmetric=symmetric)
        for part in np.linspace(0.2, 1.0, 41)
    ]
    errors = [np.square(f.dequantize(f.quantize(values)) - values).mean() for f in candidates]
    return candidates[int(np.argmin(errors))]
