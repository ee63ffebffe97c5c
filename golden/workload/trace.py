"""A trace: the integer operands of every layer at every step of a sampling run, as a folder.

===================  =============================================================================
file                 content
===================  =============================================================================
``trace.json``       :class:`TraceDescription`; written last
``NNNN.first.npy``   int8 (steps, count, height, width, channels): what layer N (of the list in
                     ``trace.json``) moves its windows over; rows follow by im2col
``NNNN.second.npy``  int8 (steps or 1, count, k, columns) for products of two tensors (attention);
                     one step if the operand does not change
===================  =============================================================================

Weights are not in it: cycles do not depend on them. With ``contents`` "classes" there are only
counts (:mod:`golden.workload.class_counts`).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from golden.array_reading import read_array
from golden.difference.layer import Layer, Operands
from golden.difference.layer_step import LayerInput, LayerStep, Previous
from golden.errors import DittosimError
from golden.files import naming, write_whole
from golden.formats.elements import INT8_MAX, INT8_MIN
from golden.formats.im2col import im2col, output_size
from golden.network.graph import MAX_ELEMENTS
from golden.network.nodes import Positive
from golden.workload.description import read_description
from golden.workload.kinds import TRACE_FILE

CLASSES_FILE = "classes.npy"


class LayerDescription(BaseModel):
    """A layer of a trace: geometry of its operands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    shape: tuple[Positive, Positive, Positive, Positive] = Field(
        description="count, height, width, channels of the first operand at one step"
    )
    columns: Positive
    kernel: Positive = 1
    stride: Positive = 1
    padding: int = Field(default=0, ge=0, le=1 << 16)
    second: Literal["weights", "fixed", "changing"] = Field(
        default="weights",
        description="what rows are multiplied with: weights, or a tensor that is the same in all "
        "steps, or one that changes",
    )
    zero_point: int = Field(default=0, ge=INT8_MIN, le=INT8_MAX)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if min(self.windows) < 1:
            raise ValueError("the kernel does not fit the image")
        if self.shape[0] * math.prod(self.windows) * self.k > MAX_ELEMENTS:
            raise ValueError(f"its rows have more than {MAX_ELEMENTS:,} elements")
        if self.second == "changing" and self.zero_point:
            raise ValueError("products of two tensors need zero_point = 0")
        return self

    @property
    def windows(self) -> tuple[int, int]:
        """Rows of windows over the height, and over the width."""
        height, width = (
            output_size(size, self.kernel, self.stride, self.padding) for size in self.shape[1:3]
        )
        return height, width

    @property
    def k(self) -> int:
        """Length of a row."""
        return self.kernel**2 * self.shape[3]

    def operand_shapes(self, steps: int) -> dict[str, tuple[int, ...]]:
        """Shape of each file's array, by the operand's name."""
        shapes: dict[str, tuple[int, ...]] = {"first": (steps, *self.shape)}
        if self.second != "weights":
            second = (self.shape[0], self.k, self.columns)
            shapes["second"] = (steps if self.second == "changing" else 1, *second)
        return shapes


class TraceDescription(BaseModel):
    """What ``trace.json`` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    source: str = Field(description="the model that was run")
    contents: Literal["tensors", "classes"] = "tensors"
    steps: Positive
    images: Positive
    seed: int = Field(ge=0)
    layers: tuple[LayerDescription, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        seen: set[str] = set()
        for layer in self.layers:
            if layer.name in seen:
                raise ValueError(f"layer '{layer.name}': the name is used twice")
            seen.add(layer.name)
        return self


@dataclass(frozen=True)
class TraceLayer(Layer):
    """A layer of which only the operands are known."""

    description: LayerDescription

    @classmethod
    def of(cls, description: LayerDescription) -> "TraceLayer":
        """The layer with that geometry."""
        d = description
        return cls(d.name, d.k, d.columns, d.zero_point, description)

    @property
    def moving(self) -> bool:
        """Whether the second operand changes from step to step."""
        return self.description.second == "changing"

    def operands(self, inputs: list[np.ndarray]) -> Operands:
        """Rows of int8 (count, height, width, channels), and the second operand if there is one.

        What stands in for weights is zero.
        """
        d = self.description
        rows = im2col(inputs[0], d.kernel, d.stride, d.padding, d.zero_point)
        first = np.ascontiguousarray(rows.reshape(len(rows), -1, self.k))
        if len(inputs) > 1:
            return Operands(first, inputs[1])
        return Operands(first, np.broadcast_to(np.int8(0), (self.k, self.columns)))

    def at_step(
        self, step: int, inputs: list[np.ndarray], previous: list[np.ndarray] | None
    ) -> LayerInput:
        """The layer at one step; ``previous`` are the inputs one step before, if there is one."""
        operands = self.operands(inputs)
        if previous is None:
            return LayerInput(self, step, operands, None)
        rows = operands.first.shape[:2]
        unknown = np.broadcast_to(np.int32(0), (*rows, self.columns))
        return LayerInput(self, step, operands, Previous(self.operands(previous), unknown))


class TraceWriter:
    """Writes a trace step by step into an empty folder; holds no tensor."""

    def __init__(self, folder: Path, steps: int) -> None:
        self._folder = folder
        self._steps = steps
        self._layers: dict[str, LayerDescription] = {}

    def add(self, layer: LayerDescription, step: int, inputs: list[np.ndarray]) -> None:
        """Appends a layer's operands at a step; each layer's steps come in order, from 0."""
        if step == 0:
            self._layers[layer.name] = layer
        number = list(self._layers).index(layer.name)
        shapes = layer.operand_shapes(self._steps)
        for operand, tensor in zip(shapes, inputs, strict=True):
            shape = shapes[operand]
            if tensor.shape != shape[1:] or tensor.dtype != np.int8:
                raise ValueError(f"layer '{layer.name}': {operand} is {tensor.shape}, not {shape}")
            if step >= shape[0]:
                continue
            path = _file(self._folder, number, operand)
            with naming(path), path.open("ab" if step else "wb") as file:
                if step == 0:
                    header = {"descr": "|i1", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(file, header)
                file.write(np.ascontiguousarray(tensor).data)

    def observe(self, layer_step: LayerStep) -> None:
        """Appends the rows of a layer; an observer of an integer sampling run."""
        layer, (first, second) = layer_step.layer, layer_step.operands
        weights = second.ndim == 2
        description = LayerDescription(
            name=layer.name,
            shape=(len(first), first.shape[1], 1, layer.k),
            columns=layer.columns,
            second="weights" if weights else "changing" if layer.moving else "fixed",
            zero_point=layer.zero_point,
        )
        self.add(description, layer_step.step, [first[:, :, None], *([] if weights else [second])])

    def finish(self, source: str, images: int, seed: int) -> None:
        """Writes the description, after the last step."""
        description = TraceDescription(
            source=source,
            steps=self._steps,
            images=images,
            seed=seed,
            layers=tuple(self._layers.values()),
        )
        write_description(self._folder, description)


def write_description(folder: Path, description: TraceDescription) -> None:
    """Writes ``trace.json``."""
    write_whole(folder / TRACE_FILE, description.model_dump_json(indent=1) + "\n")


@dataclass(frozen=True)
class Trace:
    """A trace on disk, whose files are whole."""

    folder: Path
    description: TraceDescription

    @property
    def name(self) -> str:
        """Of the folder."""
        return self.folder.resolve().name

    def layer_inputs(self, steps: int | None = None) -> Iterator[LayerInput]:
        """Every layer at each of the first ``steps`` steps, in execution order.

        Holds one layer at a time, at two steps.
        """
        layers = [TraceLayer.of(description) for description in self.description.layers]
        for step in range(steps or self.description.steps):
            for number, layer in enumerate(layers):
                previous = self._inputs(number, step - 1) if step else None
                yield layer.at_step(step, self._inputs(number, step), previous)

    def _inputs(self, number: int, step: int) -> list[np.ndarray]:
        shapes = self.description.layers[number].operand_shapes(self.description.steps)
        arrays = (read_array(_file(self.folder, number, operand)) for operand in shapes)
        return [np.array(array[min(step, len(array) - 1)]) for array in arrays]


def is_trace(folder: Path) -> bool:
    """Whether there is a trace in that folder."""
    return (folder / TRACE_FILE).is_file()


def load_trace(folder: Path) -> Trace:
    """The trace in a folder; DittosimError naming the file and what is wrong in it."""
    path = folder / TRACE_FILE
    description = read_description(path, TraceDescription)
    if description.contents == "tensors":
        for number, layer in enumerate(description.layers):
            for operand, shape in layer.operand_shapes(description.steps).items():
                check_array(_file(folder, number, operand), np.dtype(np.int8), shape)
    return Trace(folder, description)


def check_array(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """The array in a .npy file, mapped; DittosimError if it is not whole, or not as it must be."""
    array = read_array(path, cure="the trace may be cut short, capture it again")
    if array.shape != shape or array.dtype != dtype:
        raise DittosimError(
            f"{path}: holds {array.dtype} {array.shape}, but {TRACE_FILE} asks for {dtype} {shape}"
        )
    return array


def _file(folder: Path, number: int, operand: str) -> Path:
    return folder / f"{number:04d}.{operand}.npy"
