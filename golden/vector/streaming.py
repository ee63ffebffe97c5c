"""How much of a vector layer's output the inputs of a product wait for, row block by row block."""

import numpy as np

from golden.accelerator.descriptor import Descriptor
from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from golden.vector.accesses import transfers
from golden.vector.descriptor import VectorDescriptor

ALL = 0, 0
"""The whole layer is waited for"""
COUNTED = (1 << 16) - 1
"""Most transfers that a field of the descriptor holds"""


def inputs_awaited(
    descriptor: Descriptor, layer: VectorDescriptor, config: MachineConfig
) -> tuple[int, int]:
    """``inputs_first`` and ``inputs_step`` of a product whose inputs ``layer`` writes.

    :data:`ALL` if its transfers do not rise in memory, or a number does not fit its field.
    """
    starts, ends = transfers(layer, "o", config.bus_bytes)
    if np.any(starts[1:] < ends[:-1]):
        return ALL
    first, end = row_block_bytes(descriptor, config)
    # Of the transfers that begin before the end of a row block the last ends last.
    needed = np.searchsorted(starts, end, side="left")
    needed = np.where((needed > 0) & (ends[needed - 1] > first), needed, 0)
    least = max(1, int(needed[0]))
    further = np.arange(1, len(needed))
    step = int(max(0, *-(-(needed[1:] - least) // further), 0))
    return (least, step) if max(least, step) <= COUNTED else ALL


def row_block_bytes(descriptor: Descriptor, config: MachineConfig) -> tuple[np.ndarray, np.ndarray]:
    """Where the inputs of each block of rows begin and end in memory; int64 (row blocks,)."""
    entry_bytes = Units.of(config).entry_bytes
    origin = np.arange(descriptor.row_blocks, dtype=np.int64) * descriptor.block_step_entries
    origin -= descriptor.padding_entries
    first = np.maximum(0, origin)
    end = np.minimum(descriptor.image_entries, origin + descriptor.block_span_entries)
    address = descriptor.inputs_address
    return address + first * entry_bytes, address + end * entry_bytes
