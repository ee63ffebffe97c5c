"""The functions of a denoiser in floating point, channels last, in the precision of their input."""

from typing import Literal

import numpy as np
from scipy.special import erf, expit

from golden.formats.rearrange import merge_heads, split_heads


def silu(x: np.ndarray) -> np.ndarray:
    """``x * sigmoid(x)``, elementwise."""
    return x * expit(x)


def gelu(x: np.ndarray, approximate: Literal["none", "tanh"]) -> np.ndarray:
    """``x`` times the normal distribution function, or its usual approximation; elementwise."""
    if approximate == "tanh":
        inner = np.sqrt(2 / np.pi).astype(x.dtype) * (x + x.dtype.type(0.044715) * x**3)
        return x * (1 + np.tanh(inner)) / 2
    return x * (1 + erf(x * x.dtype.type(2**-0.5))) / 2


def group_norm(x: np.ndarray, groups: int, epsilon: float) -> np.ndarray:
    """Normalizes (batch, height, width, channels) over space and the channels of each group."""
    grouped = x.reshape(x.shape[0], -1, groups, x.shape[-1] // groups)
    return _normed(grouped, (1, 3), epsilon).reshape(x.shape)


def layer_norm(x: np.ndarray, epsilon: float) -> np.ndarray:
    """Normalizes (batch, height, width, channels) over the channels of each pixel."""
    return _normed(x, (-1,), epsilon)


def _normed(x: np.ndarray, axes: tuple[int, ...], epsilon: float) -> np.ndarray:
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = np.square(centred).mean(axis=axes, keepdims=True)
    return centred / np.sqrt(variance + x.dtype.type(epsilon))


def softmax(x: np.ndarray, heads: int) -> np.ndarray:
    """Softmax over each of ``heads`` equal parts of the last axis."""
    parts = x.reshape(*x.shape[:-1], heads, -1)
    powers = np.exp(parts - parts.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).reshape(x.shape)


def attention_scores(query: np.ndarray, key: np.ndarray, heads: int) -> np.ndarray:
    """Scores as :class:`golden.network.nodes.AttentionScores` lays them out."""
    split = split_heads(query, heads)
    scores = split @ split_heads(key, heads).swapaxes(-1, -2)
    return merge_heads(scores * query.dtype.type(split.shape[-1] ** -0.5), *query.shape[1:3])


def attention_mix(probabilities: np.ndarray, value: np.ndarray, heads: int) -> np.ndarray:
    """Weighted values as :class:`golden.network.nodes.AttentionMix` lays them out."""
    mixed = split_heads(probabilities, heads) @ split_heads(value, heads)
    return merge_heads(mixed, *probabilities.shape[1:3])


def sinusoids(
    time: int | np.ndarray, frequencies: int, cosine_first: bool, shift: float
) -> np.ndarray:
    """Sines and cosines of diffusion times (batch,), float64 (batch, 1, 1, 2 * frequencies)."""
    scale = np.exp(np.arange(frequencies) * (-np.log(1e4) / (frequencies - shift)))
    angles = np.atleast_1d(time)[:, None, None, None] * scale
    parts = np.sin(angles), np.cos(angles)
    return np.concatenate(parts[::-1] if cosine_first else parts, axis=-1)
