"""A program: layers of one machine with all their tensors in one memory image."""

from collections.abc import Iterable, Iterator, Sequence
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
from golden.encoding import differences
from golden.matmul import Mode, exact_product

ALIGNMENT = 256
"""Of every tensor: a multiple of every bus width, and a power of two."""


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
            difference = differences(self.rows, self.reference)
            return self.previous + exact_product(difference, self.weights)
        return exact_product(self.rows.astype(np.int16) - self.zero_point, self.weights)


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
            inputs = place(pack_inputs(plan.shape.image(run.rows), plan))
            weights = place(pack_weights(run.weights, plan))
            if run.mode is Mode.TEMPORAL:
                assert run.reference is not None
                assert run.previous is not None
                reference = place(pack_inputs(plan.shape.image(run.reference), plan))
                previous = place(pack_accumulators(run.previous, plan))
            results = place(np.zeros(accumulator_bytes(plan), np.uint8))
            addresses.append(Addresses(inputs, weights, results, reference, previous))
            descriptor = assemble(plan, run.mode, run.zero_point, addresses[-1]).pack()
            parts.append((number * DESCRIPTOR_BYTES, np.frombuffer(descriptor, np.uint8)))
        memory = np.zeros(end, np.uint8)
        for address, data in parts:
            memory[address : address + len(data)] = data
        return cls(tuple(runs), tuple(addresses), memory, 0)


def programs_of(runs: Iterable[LayerRun], limit: int) -> Iterator[Program]:
    """Programs of as many runs, in order, as ``limit`` bytes of memory hold."""
    waiting: list[LayerRun] = []
    for run in runs:
        if waiting and len(Program.of([*waiting, run]).memory) > limit:
            yield Program.of(waiting)
            waiting = []
        waiting.append(run)
    if waiting:
        yield Program.of(waiting)
