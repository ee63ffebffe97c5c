"""How a tensor of the graph lies in memory: pixels line by line, each of physical channels."""

from dataclasses import dataclass

import numpy as np

from golden.formats.quantization import TensorFormat
from golden.network.nodes import Shape
from golden.step.channel_maps import ChannelMap
from golden.step.drafts import Place
from golden.vector.descriptor import Size


@dataclass(frozen=True)
class TensorLayout:
    """What the bytes of a tensor mean."""

    shape: Shape
    """Height, width, channels of the graph"""
    map: ChannelMap
    format: TensorFormat
    heads: int = 1
    """All pixels of a head lie together, one head after the other"""

    @property
    def pixels(self) -> int:
        """Of the image."""
        return self.shape[0] * self.shape[1]

    @property
    def element(self) -> Size:
        """Of a channel."""
        return Size.BITS_8 if self.format.bits == 8 else Size.BITS_16

    @property
    def pixel_bytes(self) -> int:
        """From one pixel to the next."""
        return self.map.physical // self.heads * self.element.bytes

    @property
    def size(self) -> int:
        """Bytes of the tensor."""
        return self.pixels * self.pixel_bytes * self.heads

    def pack(self, integers: np.ndarray) -> bytes:
        """Integers (height, width, channels) as they lie in memory."""
        pixels = self.map.pixels(integers.reshape(self.shape), self.format.zero_point)
        pixels = pixels.reshape(self.pixels, self.heads, -1).swapaxes(0, 1)
        return pixels.astype(self.format.dtype.newbyteorder("<")).tobytes()

    def unpack(self, data: np.ndarray) -> np.ndarray:
        """Integers (height, width, channels) of the graph in ``data`` uint8 (size,)."""
        pixels = data.view(self.format.dtype.newbyteorder("<"))
        pixels = pixels.reshape(self.heads, self.pixels, -1).swapaxes(0, 1)
        pixels = pixels.reshape(*self.shape[:2], self.map.physical)
        return pixels[..., self.map.positions].astype(self.format.dtype)


@dataclass(frozen=True)
class Tensor:
    """A tensor that has a place."""

    place: Place
    layout: TensorLayout
