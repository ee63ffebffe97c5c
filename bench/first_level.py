"""The first level of Stable Diffusion's U-Net, as a trace of random tensors: ``dittosim simulate``.

Layers as they are, 64 x 64 pixels of 320 channels, two steps whose activations differ as those that
:mod:`tb.stimuli.layer_of_shape` draws. ``python -m bench.first_level FOLDER`` writes it.
"""

import sys
from pathlib import Path

import numpy as np

from golden.formats.elements import INT8_MAX, INT8_MIN
from golden.workload.trace import LayerDescription, TraceWriter

STEPS = 2
SIZE, CHANNELS, HEADS, CONTEXT = 64, 320, 8, 77
PIXELS, HEAD = SIZE**2, CHANNELS // HEADS


def layers() -> list[LayerDescription]:
    """33 of them: two blocks, each a ResNet and a transformer, behind the first convolution."""
    found = [_convolution("conv_in", 4)]
    for block in ("0", "1"):
        found += [_convolution(f"{block}.conv{n}", CHANNELS) for n in (1, 2)]
        found += [_rows(f"{block}.proj_in", CHANNELS, CHANNELS)]
        found += [_rows(f"{block}.self.{part}", CHANNELS, CHANNELS) for part in ("q", "k", "v")]
        found += _attention(f"{block}.self", PIXELS, "changing")
        found += [_rows(f"{block}.cross.q", CHANNELS, CHANNELS)]
        found += _attention(f"{block}.cross", CONTEXT, "fixed")
        found += [
            _rows(f"{block}.ff1", CHANNELS, 8 * CHANNELS),
            _rows(f"{block}.ff2", 4 * CHANNELS, CHANNELS),
            _rows(f"{block}.proj_out", CHANNELS, CHANNELS),
        ]
    return found


def write_trace(folder: Path, seed: int = 0) -> None:
    """Writes it into an empty folder."""
    rng, writer = np.random.default_rng(seed), TraceWriter(folder, STEPS)
    for layer in layers():
        tensors = [_normal(rng, shape) for shape in _shapes(layer)]
        for step in range(STEPS):
            writer.add(layer, step, tensors)
            tensors = [_next(rng, tensor) for tensor in tensors]
    writer.finish("random tensors", images=1, seed=seed)


def _convolution(name: str, channels: int) -> LayerDescription:
    shape = (1, SIZE, SIZE, channels)
    return LayerDescription(name=name, shape=shape, columns=CHANNELS, kernel=3, padding=1)


def _rows(name: str, channels: int, columns: int) -> LayerDescription:
    return LayerDescription(name=name, shape=(1, PIXELS, 1, channels), columns=columns)


def _attention(name: str, tokens: int, second: str) -> list[LayerDescription]:
    """Scores, what they mix, and the projection behind."""
    scores = {"name": f"{name}.scores", "shape": (HEADS, PIXELS, 1, HEAD), "columns": tokens}
    mix = {"name": f"{name}.mix", "shape": (HEADS, PIXELS, 1, tokens), "columns": HEAD}
    return [
        *(LayerDescription.model_validate({**each, "second": second}) for each in (scores, mix)),
        _rows(f"{name}.out", CHANNELS, CHANNELS),
    ]


def _shapes(layer: LayerDescription) -> list[tuple[int, ...]]:
    return [shape[1:] for shape in layer.operand_shapes(STEPS).values()]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    values = rng.standard_normal(shape, np.float32) * 30
    return np.clip(np.rint(values), INT8_MIN, INT8_MAX).astype(np.int8)


def _next(rng: np.random.Generator, tensor: np.ndarray) -> np.ndarray:
    """44 % as before, 52 % up to 15 more or less, 4 % up to 60."""
    kind = rng.random(tensor.shape, np.float32)
    size = rng.integers(1, 16, tensor.shape, np.int8)
    size[kind > 0.96] = rng.integers(16, 61, tensor.shape, np.int8)[kind > 0.96]
    size[kind < 0.44] = 0
    sign = rng.integers(0, 2, tensor.shape, np.int8) * np.int8(2) - np.int8(1)
    moved = tensor + (size * sign).astype(np.int16)
    return np.clip(moved, INT8_MIN, INT8_MAX).astype(np.int8)


if __name__ == "__main__":
    write_trace(Path(sys.argv[1]))
