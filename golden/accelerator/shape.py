"""The shape of a linear layer as the accelerator sees it: a convolution of one image."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from golden.formats.im2col import output_size
from golden.machine.config import MachineConfig


@dataclass(frozen=True, kw_only=True)
class LayerShape:
    """A convolution; a fully connected layer has ``kernel`` 1."""

    height: int
    width: int
    channels: int
    columns: int
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    trailing: int = 0

    @cached_property
    def out_height(self) -> int:
        """Lines of the output."""
        return output_size(self.height + self.trailing, self.kernel, self.stride, self.padding)

    @cached_property
    def out_width(self) -> int:
        """Pixels per line of the output."""
        return output_size(self.width + self.trailing, self.kernel, self.stride, self.padding)

    @cached_property
    def rows(self) -> int:
        """Output pixels."""
        return self.out_height * self.out_width

    @property
    def k(self) -> int:
        """Elements of a row, channels not padded."""
        return self.kernel**2 * self.channels

    def pixel_beats(self, config: MachineConfig) -> int:
        """Beats of a pixel's channels."""
        return -(-self.channels // config.beat_elements)

    def row_beats(self, config: MachineConfig) -> int:
        """Beats of a row."""
        return self.kernel**2 * self.pixel_beats(config)

    def padded_rows(self, rows: np.ndarray, config: MachineConfig) -> np.ndarray:
        """int8 ``rows`` (rows, k) with the channels of every tap padded to whole beats by 0."""
        taps = self.kernel**2
        size = (len(rows), taps, self.pixel_beats(config) * config.beat_elements)
        if size[2] == self.channels:
            return rows
        padded = np.zeros(size, np.int8)
        padded[..., : self.channels] = rows.reshape(len(rows), taps, self.channels)
        return padded.reshape(len(rows), -1)

    def image(self, rows: np.ndarray) -> np.ndarray:
        """The image whose windows are ``rows`` int8 (rows, k): im2col undone.

        int8 (height, width, channels); 0 where no window looks.
        """
        height, width = (n + 2 * self.padding + self.trailing for n in (self.height, self.width))
        canvas = np.zeros((height, width, self.channels), np.int8)
        taps = rows.reshape(self.out_height, self.out_width, self.kernel, self.kernel, -1)
        for y in range(self.kernel):
            for x in range(self.kernel):
                lines = slice(y, y + self.stride * self.out_height, self.stride)
                pixels = slice(x, x + self.stride * self.out_width, self.stride)
                canvas[lines, pixels][: self.out_height, : self.out_width] = taps[:, :, y, x]
        first = self.padding
        return canvas[first : first + self.height, first : first + self.width]


def unfolded(shape: LayerShape, config: MachineConfig) -> bool:
    """Whether the host unfolds the image.

    It does if taps have less than a beat of channels, and if windows may lie outside the image.
    """
    if shape.kernel <= shape.padding + shape.trailing:
        return True
    return shape.kernel > 1 and shape.channels < config.beat_elements


def unfolded_shape(shape: LayerShape) -> LayerShape:
    """The same layer on an unfolded image: one pixel per window."""
    return LayerShape(
        height=shape.out_height, width=shape.out_width, channels=shape.k, columns=shape.columns
    )
