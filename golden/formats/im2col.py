"""Convolution as a matrix product: one row per output pixel, channels last.

Neighbouring k are neighbouring channels of one tap: ``k = (ky * kernel + kx) * channels + c``.
"""

import numpy as np


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """Output pixels along one axis."""
    return (size + 2 * padding - kernel) // stride + 1


def im2col(
    image: np.ndarray,
    kernel: int,
    stride: int,
    padding: int,
    padding_value: int,
    trailing: int = 0,
) -> np.ndarray:
    """Rows of a convolution over ``image`` (batch, height, width, channels).

    ``trailing`` is padding below and to the right beyond that of every side.
    Returns an array of the same dtype, (batch, out_height, out_width, kernel * kernel * channels).
    Raises ValueError if the kernel does not fit the padded image.
    """
    channels = image.shape[-1]
    if kernel == 1 and padding == trailing == 0:
        return image[:, ::stride, ::stride]
    side = (padding, padding + trailing)
    border = ((0, 0), side, side, (0, 0))
    padded = np.pad(image, border, constant_values=padding_value)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(1, 2))
    windows = windows[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
    return windows.reshape(*windows.shape[:3], kernel * kernel * channels)
