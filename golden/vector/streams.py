"""Streams of a vector layer in memory: transfers of whole bus words, one after the other."""

from dataclasses import dataclass

import numpy as np

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.vector.block import Block
from golden.vector.descriptor import TABLE_BYTES, Size, VectorDescriptor

ADDRESSES = 1 << 32


def addend_scale(layer: VectorDescriptor) -> int:
    """How much more than its output the addends of a fused layer, 16 bits each, take."""
    return Size.BITS_16.bytes // Size(layer.o_size).bytes


@dataclass(frozen=True)
class Streams:
    """What a layer loads and stores; DittosimError where it leaves the memory."""

    memory: np.ndarray
    """uint8, contiguous, written in place"""
    layer: VectorDescriptor
    config: MachineConfig
    source: np.ndarray | None = None
    """What a fused layer takes instead of a, uint8"""

    def a(self, group: int, number: int, block: Block) -> np.ndarray:
        """The elements of a block's a: int8, int16 or int32, one-dimensional."""
        layer = self.layer
        if self.source is not None:
            bus = self.config.bus_bytes
            group_words = (layer.blocks - 1) * layer.a_words + layer.a_tail_words
            first = (group * group_words + number * layer.a_words) * bus
            return self.source[first : first + block.a_words * bus].view(_dtype(layer.a_size))
        address = layer.a_address + group * layer.a_group + number * layer.a_block
        data = self._load(address, block.a_words, block.a_count, layer.a_stride)
        return data.view(_dtype(layer.a_size))

    def b(self, group: int, number: int, block: Block) -> np.ndarray:
        """The elements of a block's b: int8 or int16, one-dimensional."""
        layer = self.layer
        if not layer.fused:
            data = self._load(layer.b_address + number * layer.b_block, block.b_words)
        elif layer.b_vector:
            data = self._load(layer.b_address + group * layer.b_block, block.b_words)
        else:
            scale = addend_scale(layer)
            address = layer.b_address + scale * (group * layer.o_group + number * layer.o_block)
            words, stride = scale * block.o_words, scale * layer.o_stride
            data = self._load(address, words, block.o_count, stride)
        return data.view(_dtype(layer.b_size))

    def parameters(self, group: int) -> np.ndarray:
        """The parameters of a group's channels: uint64, one per channel."""
        layer = self.layer
        address = layer.p_address + group * layer.p_group
        found = self._load(address, layer.p_words).view("<u8")
        if not layer.fused:
            return found
        channels = layer.rows * self.config.vector_lanes
        return found[group * channels : (group + 1) * channels]

    def table(self) -> np.ndarray:
        """The 256 entries of the table, uint16."""
        words = TABLE_BYTES // self.config.bus_bytes
        return self._load(self.layer.t_address, words).view("<u2")

    def store(self, group: int, number: int, block: Block, elements: np.ndarray) -> None:
        """Leaves a block's output in memory, from integers that its elements hold."""
        layer, bus = self.layer, self.config.bus_bytes
        address = layer.o_address + group * layer.o_group + number * layer.o_block
        where = self._where(address, block.o_words, block.o_count, layer.o_stride)
        data = np.ascontiguousarray(elements, _dtype(layer.o_size))
        self._words()[where] = data.reshape(-1).view(np.uint8).reshape(-1, bus)

    def _load(self, address: int, words: int, count: int = 1, stride: int = 0) -> np.ndarray:
        """uint8 (count * words * bus_bytes,), perhaps a view of the memory."""
        return self._words()[self._where(address, words, count, stride)].reshape(-1)

    def _words(self) -> np.ndarray:
        """The memory (bus words, bus_bytes), a view."""
        bus = self.config.bus_bytes
        return self.memory[: len(self.memory) // bus * bus].reshape(-1, bus)

    def _where(self, address: int, words: int, count: int, stride: int) -> slice | np.ndarray:
        """Which bus words ``count`` transfers take, in order; addresses are aligned."""
        bus = self.config.bus_bytes
        first = address % ADDRESSES // bus
        if count == 1 or stride == words * bus:
            last = first + count * words - 1
            if last < len(self.memory) // bus:
                return slice(first, last + 1)
        starts = first + stride // bus * np.arange(count)
        places = (starts[:, None] + np.arange(words)).reshape(-1) % (ADDRESSES // bus)
        last = int(places.max())
        if last >= len(self.memory) // bus:
            raise DittosimError(
                f"vector layer: it reaches byte {(last + 1) * bus - 1:#x}, beyond the "
                f"{len(self.memory)} bytes of memory"
            )
        return places


def _dtype(size: int) -> np.dtype:
    return np.dtype(f"<i{Size(size).bytes}")
