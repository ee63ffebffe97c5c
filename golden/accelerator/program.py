"""A program: layers of one machine with all their tensors in one memory image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.layout import (
    accumulator_bytes,
    pack_accumulators,
    pack_inputs,
    pack_weights,
)
from golden.accelerator.plan import Plan
from golden.im2col import im2col
from golden.matmul import Mode, exact_product, reference_rows

ALIGNMENT = 256
"""Of every tensor: a multiple of every bus width, and a power of two."""


@dataclass(frozen=True)
class LayerRun:
    """One layer of one image at one step, with what it computes on."""

    plan: Plan
    mode: Mode
    zero_point: int
    image: np.ndarray
    """int8 (height, width, channels)"""
    weights: np.ndarray
    """int8 (k, columns)"""
    reference: np.ndarray | None = None
    """The previous step's image (TEMPORAL)"""
    previous: np.ndarray | None = None
    """The previous step's accumulators, int32 (rows, columns) (TEMPORAL)"""

    def padded_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and what they are differenced against, block of lines by block of lines.

        int8 (rows, row_beats * beat_elements). Padded channels differ from nothing.
        """
        plan, config = self.plan, self.plan.config
        rows = plan.shape.padded_rows(self.image, self.zero_point, config)
        zero = np.full_like(self.image[:1, :1], self.zero_point)
        nothing = np.broadcast_to(zero, self.image.shape)
        zeros = plan.shape.padded_rows(nothing, self.zero_point, config)
        if self.mode is Mode.ACT:
            return rows, zeros
        if self.mode is Mode.TEMPORAL:
            assert self.reference is not None
            return rows, plan.shape.padded_rows(self.reference, self.zero_point, config)
        reference = np.empty_like(rows)
        for block in range(plan.tile_blocks):
            part = plan.tile_rows(block)
            reference[part] = reference_rows(self.mode, rows[part], 0)
            reference[part.start] = zeros[part.start]
        return rows, reference

    def accumulators(self) -> np.ndarray:
        """What the layer gives, int32 (rows, columns)."""
        shape = self.plan.shape
        window = (shape.kernel, shape.stride, shape.padding)
        rows = im2col(self.image[None], *window, self.zero_point, shape.trailing)
        centred = rows.reshape(shape.rows, -1).astype(np.int16) - self.zero_point
        return exact_product(centred, self.weights)


@dataclass(frozen=True)
class Program:
    """Descriptors and tensors in memory."""

    runs: tuple[LayerRun, ...]
    addresses: tuple[Addresses, ...]
    memory: np.ndarray
    """uint8, from address 0 on"""
    queue: int
    """Address of the first descriptor"""

    @classmethod
    def of(cls, runs: Sequence[LayerRun]) -> "Program":
        """Lays out all tensors of ``runs``; DittosimError if they do not fit the address space."""
        parts: list[tuple[int, np.ndarray]] = []
        end = -(-DESCRIPTOR_BYTES * len(runs) // ALIGNMENT) * ALIGNMENT

        def place(data: np.ndarray) -> int:
            nonlocal end
            address = end
            parts.append((address, data))
            end += -(-len(data) // ALIGNMENT) * ALIGNMENT
            return address

        addresses = []
        for number, run in enumerate(runs):
            plan = run.plan
            reference = previous = 0
            inputs = place(pack_inputs(run.image, plan))
            weights = place(pack_weights(run.weights, plan))
            if run.mode is Mode.TEMPORAL:
                assert run.reference is not None
                assert run.previous is not None
                reference = place(pack_inputs(run.reference, plan))
                previous = place(pack_accumulators(run.previous, plan))
            results = place(np.zeros(accumulator_bytes(plan), np.uint8))
            addresses.append(Addresses(inputs, weights, results, reference, previous))
            descriptor = assemble(plan, run.mode, run.zero_point, addresses[-1]).pack()
            parts.append((number * DESCRIPTOR_BYTES, np.frombuffer(descriptor, np.uint8)))
        memory = np.zeros(end, np.uint8)
        for address, data in parts:
            memory[address : address + len(data)] = data
        return cls(tuple(runs), tuple(addresses), memory, 0)
