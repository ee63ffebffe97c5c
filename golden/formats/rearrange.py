"""Moves of elements without arithmetic, for any dtype."""

import numpy as np


def upsample(x: np.ndarray) -> np.ndarray:
    """Nearest neighbour: (batch, height, width, channels) to twice the height and width."""
    return x.repeat(2, axis=1).repeat(2, axis=2)


def unpatchify(x: np.ndarray, patch: int) -> np.ndarray:
    """(batch, height, width, patch * patch * c) to (batch, patch * height, patch * width, c).

    The channels of a pixel hold its patch's rows, columns and channels, in this order.
    """
    batch, height, width, channels = x.shape
    split = x.reshape(batch, height, width, patch, patch, channels // patch**2)
    moved = split.transpose(0, 1, 3, 2, 4, 5)
    return moved.reshape(batch, patch * height, patch * width, channels // patch**2)


def concatenate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Along the channels; a tensor of one image goes with all images of the other."""
    batch = max(len(a), len(b))
    return np.concatenate([np.broadcast_to(x, (batch, *x.shape[1:])) for x in (a, b)], axis=-1)


def split_heads(x: np.ndarray, heads: int) -> np.ndarray:
    """(batch, height, width, channels) to (batch, heads, height * width, channels / heads)."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height * width, heads, channels // heads).swapaxes(1, 2)


def merge_heads(x: np.ndarray, height: int, width: int) -> np.ndarray:
    """The way back from :func:`split_heads`."""
    batch, heads, _, size = x.shape
    return x.swapaxes(1, 2).reshape(batch, height, width, heads * size)
