"""Activations of a run, computed once for any number of machines: they do not depend on them."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np

from golden.denoising.image_noise import ImageSeed
from golden.difference.layer import NodeLayer, Operands
from golden.difference.layer_step import LayerInput, LayerStep, Previous
from golden.difference.matmul import Mode
from golden.workload.run import Run

LIMIT_BYTES = 1 << 29
"""Of the operands of a run; of `digits-unet` about 15 images in 50 steps"""
NO_SUMS = np.empty((0, 0, 0), np.int32)
"""Cycles do not depend on them"""

Inputs = Mapping[str, LayerInput]
"""Those of a step, by layer, in execution order"""


class Activations:
    """The operands of every layer at every step of a run; pickled, they are one block of bytes.

    ``run``: whose they are. ``data`` int8 (batches, steps, bytes): the first operands of all
    layers, and behind each the second if it changes from step to step. ``shapes`` by layer: those
    of both operands. A batch is an image where images are taken one by one, else all of them.
    """

    def __init__(
        self, run: Run, data: np.ndarray, shapes: Mapping[str, tuple[tuple[int, ...], ...]]
    ) -> None:
        self.run, self.shapes = run, shapes
        # What came over a network may be read-only, which would be another type to compiled code.
        self.data = data if data.flags.writeable else data.copy()

    def __reduce__(self) -> tuple[object, ...]:
        return Activations, (self.run, self.data, self.shapes)

    @classmethod
    def of(cls, run: Run, *, one_by_one: bool) -> "Activations | None":
        """Samples a run, images one by one or all at once; None if that is over ``LIMIT_BYTES``."""
        recordings: list[np.ndarray] = []
        shapes: dict[str, tuple[tuple[int, ...], ...]] = {}
        for batch in range(run.images if one_by_one else 1):
            recorder = _Recorder(run)
            try:
                _sample(run, batch if one_by_one else None, recorder.observe)
            except _TooManyError:
                return None
            recordings.append(recorder.data)
            shapes = recorder.shapes
        return cls(run, np.stack(recordings), shapes)

    @cached_property
    def batches(self) -> list[list[Inputs]]:
        """The inputs of layers, by batch and step; made once, views of ``data``."""
        return [list(self._steps(batch)) for batch in self.data]

    def _steps(self, batch: np.ndarray) -> Iterator[Inputs]:
        layers = self.run.workload.layers()
        before: dict[str, Operands] = {}
        for step, data in enumerate(batch):
            found, place = {}, 0
            for name, (first_shape, second_shape) in self.shapes.items():
                layer = layers[name]
                first, place = _part(data, place, first_shape)
                if layer.moving:
                    second, place = _part(data, place, second_shape)
                else:
                    second = np.broadcast_to(np.int8(0), second_shape)
                operands = Operands(first, second)
                previous = Previous(before[name], NO_SUMS) if step else None
                found[name] = LayerInput(layer, step, operands, previous)
                before[name] = operands
            yield found


def _part(data: np.ndarray, place: int, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    end = place + int(np.prod(shape))
    return data[place:end].reshape(shape), end


class _TooManyError(Exception):
    """More bytes than are to be kept."""


class _Recorder:
    """Takes the operands of layers as they are computed."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._parts: list[np.ndarray] = []
        self._bytes = 0
        self.shapes: dict[str, tuple[tuple[int, ...], ...]] = {}

    def observe(self, layer_step: LayerStep) -> None:
        """Keeps a layer step; raises where all would be too many bytes."""
        layer, operands = layer_step.layer, layer_step.operands
        assert isinstance(layer, NodeLayer)
        kept = operands if layer.moving else operands[:1]
        self.shapes[layer.name] = operands.first.shape, operands.second.shape
        self._parts += [np.ascontiguousarray(one).reshape(-1) for one in kept]
        self._bytes += sum(one.nbytes for one in kept)
        if self._bytes > LIMIT_BYTES:
            raise _TooManyError

    @property
    def data(self) -> np.ndarray:
        """int8 (steps, bytes)."""
        return np.concatenate(self._parts).reshape(self._run.steps, -1)


def _sample(run: Run, image: int | None, observer: Callable[[LayerStep], None]) -> None:
    """Samples an image as :func:`sim.run.whole_run.whole_runs` does, or all at once."""
    if image is None:
        run.observe(observer)
        return
    workload, labels = run.workload, run.workload.labels(run.images)
    noise = list(workload.noise_batches(run.images, run.seed, 1))[image]
    workload.sample(
        Mode.ACT,
        noise,
        run.steps,
        observer,
        labels=None if labels is None else labels[image : image + 1],
        seed=ImageSeed(run.seed, image),
    )
