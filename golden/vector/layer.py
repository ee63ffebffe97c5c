"""A vector layer as the vector unit runs it: block by block, memory to memory (docs/vector.md)."""

from collections.abc import Iterator

import numpy as np

from golden.errors import DittosimError
from golden.integer.softmax import POWER_BITS
from golden.machine.config import MachineConfig
from golden.vector import kernels
from golden.vector.block import Block
from golden.vector.channels import Channels
from golden.vector.check import NORMALIZATIONS, check_vector_layer
from golden.vector.descriptor import Op, Size, VectorDescriptor
from golden.vector.statistics import Statistics
from golden.vector.streams import Streams


def run_vector_layer(
    memory: np.ndarray,
    layer: VectorDescriptor,
    config: MachineConfig,
    source: np.ndarray | None = None,
) -> None:
    """Leaves in ``memory`` (uint8, written in place) what the vector unit leaves there.

    A fused layer takes ``source``, the packed results of its product (uint8), for a.

    Raises DittosimError if ``config`` cannot run ``layer``, if the layer reaches beyond the
    memory, or if what lies there cannot be its parameters or its table; what blocks before that
    have stored stays.
    """
    check_vector_layer(layer, config)
    if bool(layer.fused) != (source is not None):
        raise ValueError("a fused layer, and no other, has a source")
    _Layer(memory, layer, config, source).run()


TENSOR = -(1 << 15), (1 << 15) - 1
"""Smallest and largest integer of a sum of the array before it is added to another"""


class _Layer:
    """A layer under way."""

    def __init__(
        self,
        memory: np.ndarray,
        layer: VectorDescriptor,
        config: MachineConfig,
        source: np.ndarray | None,
    ) -> None:
        if memory.dtype != np.uint8 or memory.ndim != 1 or not memory.flags.c_contiguous:
            raise ValueError("memory must be contiguous bytes")
        self.layer = layer
        self.width = layer.rows * config.vector_lanes
        self.streams = Streams(memory, layer, config, source)
        high = 127 if layer.table or layer.o_size == Size.BITS_8 else 32767
        self.target = layer.zero, -high - 1, high
        self.table = self._table()

    def run(self) -> None:
        """All groups."""
        layer = self.layer
        for group in range(layer.groups):
            channels = self._channels(group)
            statistics = None
            if channels is not None and layer.op == Op.GROUPS:
                statistics = self._group_statistics(channels)
            for number, block in self._blocks():
                stream = self.streams.a(group, number, block)
                if layer.op == Op.GATHER:
                    found = self._gathered(stream, block)
                else:
                    found = self._pixels(stream, block.pixels)
                    self._compute(found, (group, number), block, channels, statistics)
                    if layer.table:
                        found = self.table[found & 255]
                self.streams.store(group, number, block, found)

    def _table(self) -> np.ndarray:
        """Entries int64 (256,), or none."""
        if self.layer.op == Op.SOFTMAX:
            powers = self.streams.table().astype(np.int64)
            if powers[0] != 1 << POWER_BITS:
                raise DittosimError(
                    f"vector layer: the table of softmax begins with {powers[0]}: must be "
                    f"{1 << POWER_BITS}"
                )
            return powers
        if self.layer.table:
            return self.streams.table().view("<i2").astype(np.int64)
        return np.empty(0, np.int64)

    def _blocks(self) -> Iterator[tuple[int, Block]]:
        """A group's blocks, numbered."""
        last = self.layer.blocks - 1
        whole, tail = Block.of(self.layer, tail=False), Block.of(self.layer, tail=True)
        for number in range(last):
            yield number, whole
        yield last, tail

    def _channels(self, group: int) -> Channels | None:
        """Parameters, if the operation takes them."""
        if self.layer.op in NORMALIZATIONS:
            return Channels.of(self.streams.parameters(group)).for_normalization()
        if self.layer.per_channel:
            return Channels.of(self.streams.parameters(group)).for_scale()
        return None

    def _pixels(self, stream: np.ndarray, pixels: int) -> np.ndarray:
        """int64 (pixels, channels), a copy of a stream, which may hold more."""
        return stream[: pixels * self.width].astype(np.int64).reshape(pixels, self.width)

    def _gathered(self, stream: np.ndarray, block: Block) -> np.ndarray:
        """Lines of the stream's elements, of its dtype."""
        layer = self.layer
        found = np.zeros((block.pixels, self.width), stream.dtype)
        lines = layer.outer_step * np.arange(block.pixels)[:, None]
        found[:, : block.valid] = stream[lines + layer.inner_step * np.arange(block.valid)]
        return found

    def _compute(
        self,
        x: np.ndarray,
        place: tuple[int, int],
        block: Block,
        channels: Channels | None,
        statistics: Statistics | None,
    ) -> None:
        """Makes a block's a, ``x``, its output, or what the table is to replace.

        ``place``: group, and number in it.
        """
        layer = self.layer
        m1, n1, m2, n2 = (
            layer.first_multiplier,
            layer.first_shift,
            layer.second_multiplier,
            layer.second_shift,
        )
        if layer.op == Op.SOFTMAX:
            kernels.softmax(x, layer.valid, m1, n1, self.table, m2, n2, *self.target)
        elif layer.op in (Op.SUM, Op.PRODUCT):
            b = self._pixels(self.streams.b(*place, block), 1 if layer.b_vector else block.pixels)
            if channels is not None:
                self._requantize(x, channels, (layer.a_zero, *TENSOR))
            if layer.op == Op.SUM:
                kernels.add(x, layer.a_zero, m1, b, layer.b_zero, m2, n1, *self.target)
            else:
                kernels.multiply(x, layer.a_zero, m1, b, layer.b_zero, n1, *self.target)
        elif channels is None:
            kernels.scale(x, layer.a_zero, m1, n1, *self.target)
        elif layer.op == Op.SCALE:
            self._requantize(x, channels, self.target)
        else:
            self._normalize(x, channels, statistics)

    def _requantize(self, x: np.ndarray, channels: Channels, target: tuple[int, int, int]) -> None:
        """By channel."""
        kernels.scale_channels(x, channels.bias, channels.multiplier, channels.shift, *target)

    def _normalize(self, x: np.ndarray, channels: Channels, known: Statistics | None) -> None:
        """A block, with statistics that are known (1, channels) or those of each pixel."""
        # Padding holds the zero point: without it, it adds nothing to S and Q.
        x -= self.layer.a_zero
        if known is None:
            sums = np.zeros((2, len(x), 1), np.int64)
            kernels.sums(x, *sums)
            known = Statistics.of(self.layer, *sums[:, :, 0]).at((slice(None), None))
        if ((channels.multiplier != 0) & (known.root == 0)).any():
            raise DittosimError(
                f"vector layer: count = {self.layer.count}: must be the number of elements of a "
                "group"
            )
        kernels.normalize(
            x,
            self.layer.count,
            known.total,
            known.root,
            known.places,
            channels.multiplier,
            channels.bias,
            channels.shift,
            *self.target,
        )

    def _group_statistics(self, channels: Channels) -> Statistics:
        """Of groups of channels over all blocks, (1, channels)."""
        sums = np.zeros((2, 1, self.width), np.int64)
        for number, block in self._blocks():
            x = self._pixels(self.streams.a(0, number, block), block.pixels)
            x -= self.layer.a_zero
            kernels.sums(x, *sums)
        firsts, of_channel = channels.runs()
        totals, squares = np.add.reduceat(sums[:, 0], firsts, axis=1)
        return Statistics.of(self.layer, totals, squares).at((None, of_channel))
