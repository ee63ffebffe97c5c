"""How much of a layer's output the one behind it waits for, block by block."""

import numpy as np

from golden.accelerator.descriptor import Descriptor
from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from golden.vector.accesses import transfers
from golden.vector.block import Block
from golden.vector.descriptor import VectorDescriptor

ALL = 0, 0
"""The whole layer is waited for"""
COUNTED = (1 << 16) - 1
"""Most transfers that a field of the descriptor holds"""


def inputs_awaited(
    descriptor: Descriptor, layer: VectorDescriptor, config: MachineConfig
) -> tuple[int, int]:
    """``inputs_first`` and ``inputs_step`` of a product whose inputs ``layer`` writes, or ALL."""
    first, end = row_block_bytes(descriptor, config)
    return _awaited(layer, first, end, config)


def results_awaited(
    descriptor: VectorDescriptor, fused: VectorDescriptor, config: MachineConfig
) -> tuple[int, int]:
    """``results_first`` and ``results_step`` of a layer that reads ``fused``'s output, or ALL."""
    reads = [_block_bytes(descriptor, config)]
    if descriptor.b_words:
        reads.append(_b_bytes(descriptor, config))
    first, end = np.stack(reads, axis=-1)
    return _awaited(fused, first, end, config)


def row_block_bytes(descriptor: Descriptor, config: MachineConfig) -> tuple[np.ndarray, np.ndarray]:
    """Where the inputs of each block of rows begin and end in memory; int64 (row blocks,)."""
    entry_bytes = Units.of(config).entry_bytes
    origin = np.arange(descriptor.row_blocks, dtype=np.int64) * descriptor.block_step_entries
    origin -= descriptor.padding_entries
    first = np.maximum(0, origin)
    end = np.minimum(descriptor.image_entries, origin + descriptor.block_span_entries)
    address = descriptor.inputs_address
    return address + first * entry_bytes, address + end * entry_bytes


def _block_bytes(layer: VectorDescriptor, config: MachineConfig) -> tuple[np.ndarray, np.ndarray]:
    """Where a of each block begins and ends in memory; int64 (groups * blocks,)."""
    numbers = np.arange(layer.blocks, dtype=np.int64)
    groups = np.arange(layer.groups, dtype=np.int64)[:, None]
    first = layer.a_address + layer.a_group * groups + layer.a_block * numbers
    sizes = _by_block(
        layer,
        *(
            (block.a_count - 1) * layer.a_stride + block.a_words * config.bus_bytes
            for block in (Block.of(layer, tail=tail) for tail in (False, True))
        ),
    )
    return first.reshape(-1), (first + sizes).reshape(-1)


def _b_bytes(layer: VectorDescriptor, config: MachineConfig) -> tuple[np.ndarray, np.ndarray]:
    """The same of b, which is that of every group."""
    first = layer.b_address + layer.b_block * np.arange(layer.blocks, dtype=np.int64)
    end = first + _by_block(layer, layer.b_words, layer.b_tail_words) * config.bus_bytes
    return np.tile(first, layer.groups), np.tile(end, layer.groups)


def _by_block(layer: VectorDescriptor, usual: int, tail: int) -> np.ndarray:
    """int64 (blocks,): ``tail`` for the last."""
    return np.where(np.arange(layer.blocks) == layer.blocks - 1, tail, usual).astype(np.int64)


def _awaited(
    layer: VectorDescriptor, first: np.ndarray, end: np.ndarray, config: MachineConfig
) -> tuple[int, int]:
    """Transfers of ``layer``'s output that the first block needs, and more for each behind it.

    A block needs what lies from ``first`` to ``end``; both (blocks,) or (blocks, streams).
    :data:`ALL` if transfers overlap, or a number does not fit its field.
    """
    starts, ends = transfers(layer, "o", config.bus_bytes)
    order = np.argsort(starts)
    starts, ends = starts[order], ends[order]
    if np.any(starts[1:] < ends[:-1]):
        return ALL
    some = np.searchsorted(ends, first, side="right"), np.searchsorted(starts, end, side="left")
    needed = _most(order + 1, *some).reshape(len(first), -1).max(axis=1)
    least = max(1, int(needed[0]))
    further = np.arange(1, len(needed))
    step = int(max(0, *-(-(needed[1:] - least) // further), 0))
    return (least, step) if max(least, step) <= COUNTED else ALL


def _most(values: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The largest of ``values`` from each of ``first`` to before its of ``end``; 0 of none."""
    bounds = np.stack([first, np.maximum(first, end)], axis=-1).reshape(-1)
    found = np.maximum.reduceat(np.append(values, 0), bounds)[::2].reshape(first.shape)
    return np.where(end > first, found, 0)
