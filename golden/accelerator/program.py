"""A program: layers of one machine with all their tensors in one memory image."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Descriptor
from golden.accelerator.layout import (
    accumulator_bytes,
    input_bytes,
    pack_accumulators,
    pack_inputs,
    pack_weights,
    weight_bytes,
)
from golden.accelerator.plan import Plan
from golden.difference.matmul import Mode, exact_product
from golden.machine.config import MachineConfig

ALIGNMENT = 256
"""Of every tensor: a multiple of every bus width, and a power of two."""


FLAGS = (
    "weights_wait",
    "inputs_wait",
    "weights_wait_vectors",
    "inputs_wait_vectors",
    "output",
    "discard",
)
"""Of a run, as of its descriptor"""
COUNTS = ("inputs_first", "inputs_step")
"""The same, not of one bit"""


def flags_of(descriptor: Descriptor) -> dict[str, Any]:
    """:data:`FLAGS` and :data:`COUNTS` of the run of a descriptor."""
    flags = {flag: bool(getattr(descriptor, flag)) for flag in FLAGS}
    return flags | {count: int(getattr(descriptor, count)) for count in COUNTS}


@dataclass(frozen=True)
class LayerRun:
    """One matrix product of one image at one step, with what it computes on."""

    plan: Plan
    mode: Mode
    zero_point: int
    rows: np.ndarray
    """int8 (rows, k)"""
    weights: np.ndarray
    """int8 (k, columns)"""
    reference: np.ndarray | None = None
    """The previous step's rows (TEMPORAL)"""
    previous: np.ndarray | None = None
    """The accumulators that TEMPORAL adds to, int32 (rows, columns)"""
    weights_wait: bool = False
    """Weights are loaded when all products before it are in memory"""
    inputs_wait: bool = False
    """So are inputs, reference and previous accumulators"""
    weights_wait_vectors: bool = False
    """Weights are loaded when all vector layers before it are in memory"""
    inputs_wait_vectors: bool = False
    """So are inputs, reference and previous accumulators"""
    inputs_first: int = 0
    """If not 0, so many transfers of the last vector layer suffice for inputs, and"""
    inputs_step: int = 0
    """so many more for each further block of rows"""
    interrupt: bool = False
    """The interrupt is raised when the layer is in memory"""
    output: bool = False
    """Results go through the vector unit, too"""
    discard: bool = False
    """And are not stored themselves"""
    goes_on: bool = False
    """Previous accumulators are the results of the run before, where that leaves them"""

    def padded_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and what they are differenced against, block of lines by block of lines.

        int8 (rows, row_beats * beat_elements). Padded channels differ from nothing.
        """
        plan, shape = self.plan, self.plan.shape

        def padded(rows: np.ndarray) -> np.ndarray:
            return shape.padded_rows(rows, plan.config)

        rows = padded(self.rows)
        if self.mode is Mode.TEMPORAL:
            assert self.reference is not None
            return rows, padded(self.reference)
        zero = padded(np.full_like(self.rows[:1], self.zero_point))
        reference = np.broadcast_to(zero, rows.shape)
        if self.mode is Mode.SPATIAL:
            reference = np.concatenate([zero, rows[:-1]])
            reference[[plan.tile_rows(block).start for block in range(plan.tile_blocks)]] = zero
        return rows, reference

    def accumulators(self) -> np.ndarray:
        """What the layer gives, int32 (rows, columns)."""
        if self.mode is Mode.TEMPORAL:
            assert self.reference is not None
            assert self.previous is not None
            return self.previous + exact_product(self._differences(self.reference), self.weights)
        return exact_product(self._differences(self.zero_point), self.weights)

    def _differences(self, reference: np.ndarray | int) -> np.ndarray:
        # In float32, in which BLAS takes them: int16 would cost a pass more.
        return np.subtract(self.rows, reference, dtype=np.float32)


@dataclass(frozen=True)
class Program:
    """Layers with a place in memory for their descriptors and tensors."""

    runs: tuple[LayerRun, ...]
    addresses: tuple[Addresses, ...]
    queue: int
    """Address of the first descriptor"""
    size: int
    """Behind its last byte"""

    @classmethod
    def of(cls, runs: Sequence[LayerRun], start: int | None = None) -> "Program":
        """Gives every tensor of ``runs`` its own place, behind the descriptors.

        These lie at ``start``; if None, at the first address of memory. A run that goes on with the
        results of the one before has the same rows and columns.
        """
        queue = runs[0].plan.config.scratchpad_bytes if start is None else start
        end = queue + _aligned(DESCRIPTOR_BYTES * len(runs))

        def place(size: int) -> int:
            nonlocal end
            address, end = end, end + _aligned(size)
            return address

        addresses: list[Addresses] = []
        for run in runs:
            plan, temporal = run.plan, run.mode is Mode.TEMPORAL
            inputs, weights = place(input_bytes(plan)), place(weight_bytes(plan))
            reference = place(input_bytes(plan)) if temporal else 0
            previous = 0
            if run.goes_on:
                previous = addresses[-1].results
            elif temporal:
                previous = place(accumulator_bytes(plan))
            results = place(accumulator_bytes(plan))
            addresses.append(Addresses(inputs, weights, results, reference, previous))
        return cls(tuple(runs), tuple(addresses), queue, end)

    @property
    def config(self) -> MachineConfig:
        """The machine."""
        return self.runs[0].plan.config

    def descriptors(self) -> list[Descriptor]:
        """Of all layers; DittosimError if one is too large for the address space."""
        return [
            assemble(
                run.plan,
                run.mode,
                run.zero_point,
                places,
                weights_wait=run.weights_wait,
                inputs_wait=run.inputs_wait,
                weights_wait_vectors=run.weights_wait_vectors,
                inputs_wait_vectors=run.inputs_wait_vectors,
                inputs_first=run.inputs_first,
                inputs_step=run.inputs_step,
                interrupt=run.interrupt,
            )
            for run, places in zip(self.runs, self.addresses, strict=True)
        ]

    def memory(self) -> np.ndarray:
        """What all addresses hold before the run, uint8 (size,); results are 0."""
        memory = np.zeros(self.size, np.uint8)

        def put(address: int, data: np.ndarray) -> None:
            memory[address : address + len(data)] = data

        for number, descriptor in enumerate(self.descriptors()):
            data = np.frombuffer(descriptor.pack(), np.uint8)
            put(self.queue + number * DESCRIPTOR_BYTES, data)
        for run, places in zip(self.runs, self.addresses, strict=True):
            plan, shape = run.plan, run.plan.shape
            put(places.inputs, pack_inputs(shape.image(run.rows), plan))
            put(places.weights, pack_weights(run.weights, plan))
            if run.mode is Mode.TEMPORAL:
                assert run.reference is not None
                assert run.previous is not None
                put(places.reference, pack_inputs(shape.image(run.reference), plan))
                if not run.goes_on:
                    put(places.previous, pack_accumulators(run.previous, plan))
        return memory


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def programs_of(runs: Iterable[LayerRun], limit: int) -> Iterator[Program]:
    """Programs of as many runs, in order, as ``limit`` bytes of memory hold."""
    waiting: list[LayerRun] = []
    for run in runs:
        if waiting and Program.of([*waiting, run]).size > limit:
            yield Program.of(waiting)
            waiting = []
        waiting.append(run)
    if waiting:
        yield Program.of(waiting)
