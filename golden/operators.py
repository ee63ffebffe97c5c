"""The functions between the matrix products, in float32, channels last."""

import numpy as np

NORM_EPSILON = 1e-5


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Logistic function, elementwise; the argument is clipped where float32 saturates anyway."""
    return 1 / (1 + np.exp(-np.clip(x, -80, 80)))


def silu(x: np.ndarray) -> np.ndarray:
    """``x * sigmoid(x)``, elementwise."""
    return x * sigmoid(x)


def group_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, groups: int) -> np.ndarray:
    """Normalizes (batch, height, width, channels) over space and the channels of each group."""
    grouped = x.reshape(x.shape[0], -1, groups, x.shape[-1] // groups)
    centred = grouped - grouped.mean(axis=(1, 3), keepdims=True)
    variance = np.square(centred).mean(axis=(1, 3), keepdims=True)
    normed = centred / np.sqrt(variance + np.float32(NORM_EPSILON))
    return normed.reshape(x.shape) * weight + bias


def upsample(x: np.ndarray) -> np.ndarray:
    """Nearest neighbour, twice the height and width."""
    return x.repeat(2, axis=1).repeat(2, axis=2)


def softmax(x: np.ndarray) -> np.ndarray:
    """Softmax over the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attention(qkv: np.ndarray, heads: int) -> np.ndarray:
    """Self attention over the pixels of (batch, height, width, 3 * channels): q, k, v side by side.

    Each of q, k and v holds its heads one after the other; the result is (batch, height, width,
    channels).
    """
    batch, height, width, channels = qkv.shape
    split = qkv.reshape(batch, height * width, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    query, key, value = split
    scores = query @ key.swapaxes(-1, -2) * np.float32(query.shape[-1] ** -0.5)
    mixed = softmax(scores) @ value
    return mixed.transpose(0, 2, 1, 3).reshape(batch, height, width, channels // 3)


def time_embedding(time: int, frequencies: int, weights: list[np.ndarray]) -> np.ndarray:
    """Embedding of a diffusion time, (1, width); ``weights`` are two matrices with their biases."""
    scale = np.exp(
        np.arange(frequencies, dtype=np.float32) * np.float32(-np.log(1e4) / frequencies)
    )
    wave = np.concatenate([np.sin(time * scale), np.cos(time * scale)])[None]
    hidden = silu(wave @ weights[0] + weights[1])
    return silu(hidden @ weights[2] + weights[3])
