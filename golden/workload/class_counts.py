"""Class counts: how many elements of each layer, step and mode are zero, narrow or wide.

All that remains of a sampling run whose tensors are too large to keep. In a folder beside
``trace.json`` (:mod:`golden.workload.trace`), ``classes.npy`` holds int64 (layers, steps,
encodings, modes, 4); the last axis is that of :class:`golden.difference.bit_widths.BitWidths`:
zero, narrow, wide, slots.
"""

from dataclasses import astuple
from pathlib import Path

import numpy as np

from golden.difference.bit_widths import BitWidths
from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode, Product
from golden.files import save_array
from golden.formats.encoding import Encoding
from golden.workload.trace import (
    CLASSES_FILE,
    LayerDescription,
    Trace,
    TraceDescription,
    TraceLayer,
    check_array,
    write_description,
)

ENCODINGS = tuple(Encoding)
MODES = tuple(Mode)


def class_counts(layer_input: LayerInput) -> np.ndarray:
    """Counts of one layer at one step, int64 (encodings, modes, 4).

    SPATIAL takes all rows of a product as one block; TEMPORAL in the first step is ACT.
    """
    counts = np.zeros((len(ENCODINGS), len(MODES), 4), np.int64)
    for column, mode in enumerate(MODES):
        for product in layer_input.products(mode):
            # One product of an image or head at a time, for the sake of memory.
            for n, rows in enumerate(product.rows):
                before = product.previous_rows
                part = Product(
                    rows[None],
                    None if before is None else before[n : n + 1],
                    product.zero_point,
                    product.weights,
                )
                difference = part.differences(mode)
                for row, encoding in enumerate(ENCODINGS):
                    counts[row, column] += astuple(BitWidths.of(difference, encoding))
    return counts


class ClassWriter:
    """Counts instead of writing tensors; like :class:`golden.workload.trace.TraceWriter`.

    Holds the int8 operands of the previous step.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        self._folder = folder
        self._steps = steps
        self._layers: dict[str, LayerDescription] = {}
        self._counts: dict[str, list[np.ndarray]] = {}
        self._previous: dict[str, list[np.ndarray]] = {}

    def add(self, layer: LayerDescription, step: int, inputs: list[np.ndarray]) -> None:
        """Counts a layer's operands at a step; each layer's steps come in order, from 0."""
        self._layers.setdefault(layer.name, layer)
        before = self._previous.get(layer.name)
        counts = class_counts(TraceLayer.of(layer).at_step(step, inputs, before))
        self._counts.setdefault(layer.name, []).append(counts)
        self._previous[layer.name] = inputs

    def finish(self, source: str, images: int, seed: int) -> None:
        """Writes the counts and their description, after the last step."""
        save_array(self._folder / CLASSES_FILE, np.array(list(self._counts.values())))
        description = TraceDescription(
            source=source,
            contents="classes",
            steps=self._steps,
            images=images,
            seed=seed,
            layers=tuple(self._layers.values()),
        )
        write_description(self._folder, description)


def load_counts(trace: Trace) -> np.ndarray:
    """The counts beside a trace's description; DittosimError if they are damaged."""
    d = trace.description
    shape = (len(d.layers), d.steps, len(ENCODINGS), len(MODES), 4)
    return np.array(check_array(trace.folder / CLASSES_FILE, np.dtype(np.int64), shape))


def total_widths(counts: np.ndarray, encoding: Encoding, mode: Mode) -> BitWidths:
    """The sum over all layers and steps; over all steps but the first for TEMPORAL."""
    chosen = counts[:, :, ENCODINGS.index(encoding), MODES.index(mode)]
    if mode is Mode.TEMPORAL:
        chosen = chosen[:, 1:]
    return BitWidths(*(int(value) for value in chosen.sum(axis=(0, 1))))
