"""Which bytes of memory a vector layer reads and writes."""

from dataclasses import replace

import numpy as np

from golden.accelerator.accesses import Accesses
from golden.accelerator.intervals import NOTHING, Intervals
from golden.machine.config import MachineConfig
from golden.vector.block import Block
from golden.vector.descriptor import TABLE_BYTES, Op, VectorDescriptor
from golden.vector.streams import addend_scale


def vector_accesses(layer: VectorDescriptor, config: MachineConfig) -> Accesses:
    """Of a vector layer; what a fused one takes from its product is not in memory."""
    bus = config.bus_bytes
    reads = [constant_bytes(layer, config)]
    if not layer.fused:
        reads.append(stream_bytes(layer, "a", bus))
    if layer.b_words and layer.fused:
        reads.append(_addends(layer, bus))
    elif layer.b_words:
        starts = layer.b_address + layer.b_block * np.arange(layer.blocks - 1)
        last = layer.b_address + layer.b_block * (layer.blocks - 1)
        reads.append(Intervals.of(starts, layer.b_words * bus))
        reads.append(Intervals.of(last, layer.b_tail_words * bus))
    return Accesses(NOTHING, Intervals.union(reads), stream_bytes(layer, "o", bus))


def _addends(layer: VectorDescriptor, bus_bytes: int) -> Intervals:
    """B of a fused layer, which lies as its output does."""
    if not layer.b_vector:
        scale = addend_scale(layer)
        names = ("o_group", "o_block", "o_stride", "o_words", "o_tail_words")
        as_output = {name: scale * getattr(layer, name) for name in names}
        return stream_bytes(replace(layer, **as_output, o_address=layer.b_address), "o", bus_bytes)
    starts = layer.b_address + layer.b_block * np.arange(layer.groups)
    return Intervals.of(starts, max(layer.b_words, layer.b_tail_words) * bus_bytes)


def constant_bytes(layer: VectorDescriptor, config: MachineConfig) -> Intervals:
    """Parameters and table."""
    reads = []
    if layer.p_words:
        # Those of all channels come at once where a layer is fused.
        groups = 1 if layer.fused else layer.groups
        starts = layer.p_address + layer.p_group * np.arange(groups)
        reads.append(Intervals.of(starts, layer.p_words * config.bus_bytes))
    if layer.table or layer.op == Op.SOFTMAX:
        reads.append(Intervals.of(layer.t_address, TABLE_BYTES))
    return Intervals.union(reads)


def stream_bytes(layer: VectorDescriptor, name: str, bus_bytes: int) -> Intervals:
    """All transfers of a, or of the output."""
    starts, ends = transfers(layer, name, bus_bytes)
    return Intervals.between(starts, ends)


def transfers(layer: VectorDescriptor, name: str, bus_bytes: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the transfers of a, or of the output, begin and end, in their order; int64."""
    address, of_group, of_block, stride = (
        getattr(layer, f"{name}_{what}") for what in ("address", "group", "block", "stride")
    )
    groups = address + of_group * np.arange(layer.groups, dtype=np.int64)
    starts, sizes = [], []
    for tail in (False, True):
        block = Block.of(layer, tail=tail)
        count, words = getattr(block, f"{name}_count"), getattr(block, f"{name}_words")
        numbers = np.arange(layer.blocks - 1) if not tail else np.array([layer.blocks - 1])
        of_blocks = (of_block * numbers)[:, None] + stride * np.arange(count)
        starts.append(groups[:, None] + of_blocks.reshape(-1))
        sizes.append(np.full(starts[-1].shape, words * bus_bytes))
    first = np.concatenate(starts, axis=1).reshape(-1)
    return first, first + np.concatenate(sizes, axis=1).reshape(-1)
