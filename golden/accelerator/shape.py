"""The shape of a linear layer as the accelerator sees it: a convolution of one image."""

from dataclasses import dataclass

import numpy as np

from golden.config import MachineConfig
from golden.im2col import im2col, output_size


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

    @property
    def out_height(self) -> int:
        """Lines of the output."""
        return output_size(self.height + self.trailing, self.kernel, self.stride, self.padding)

    @property
    def out_width(self) -> int:
        """Pixels per line of the output."""
        return output_size(self.width + self.trailing, self.kernel, self.stride, self.padding)

    @property
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

    def padded_rows(self, image: np.ndarray, value: int, config: MachineConfig) -> np.ndarray:
        """Rows of ``image`` int8 (height, width, channels), channels padded to whole beats.

        Taps outside the image have ``value``. Padded channels are 0 everywhere, also outside, so
        that they differ from nothing. Returns int8 (rows, row_beats * beat_elements).
        """
        window = (self.kernel, self.stride, self.padding)
        rows = im2col(image[None], *window, value, self.trailing)
        by_tap = rows.reshape(self.rows, self.kernel**2, self.channels)
        extra = self.pixel_beats(config) * config.beat_elements - self.channels
        return np.pad(by_tap, ((0, 0), (0, 0), (0, extra))).reshape(self.rows, -1)


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


def unfold(shape: LayerShape, image: np.ndarray, value: int) -> np.ndarray:
    """The unfolded image, int8 (out_height, out_width, k)."""
    return im2col(image[None], shape.kernel, shape.stride, shape.padding, value, shape.trailing)[0]
