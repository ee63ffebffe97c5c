"""Parts of transformers: feed-forward layers and the blocks of conditional U-Nets."""

from typing import Literal

from dittosim.importing.builder import ImportBuilder, Origin
from golden.network.nodes import Gelu

EXPANSION = 4
"""Width of the feed-forward layers over the channels."""
LAYER_NORM_EPSILON = 1e-5
GROUP_NORM_EPSILON = 1e-6

Activation = Literal["geglu", "gelu", "gelu-approximate"]


def feed_forward(
    b: ImportBuilder, name: str, source: str, channels: int, activation: Activation
) -> str:
    """Two fully connected layers with GELU between, or with a gate through GELU (GEGLU)."""
    width, module = EXPANSION * channels, f"{name}.net.0.proj"
    if activation == "geglu":
        value = b.linear_part(f"{module}.value", source, channels, width, Origin((module,), 0, 2))
        gate = b.linear_part(f"{module}.gate", source, channels, width, Origin((module,), 1, 2))
        gate = b.add(Gelu(name=f"{name}.net.0.gelu", inputs=(gate,)))
        hidden = b.product(f"{name}.net.0", value, gate)
    else:
        hidden = b.linear(module, source, channels, width)
        approximate: Literal["none", "tanh"] = "none" if activation == "gelu" else "tanh"
        hidden = b.add(Gelu(name=f"{name}.net.0", inputs=(hidden,), approximate=approximate))
    return b.linear(f"{name}.net.2", hidden, width, channels)


def transformer(
    b: ImportBuilder,
    name: str,
    source: str,
    channels: int,
    context: tuple[str, int],
    *,
    heads: int,
    blocks: int,
    groups: int,
    linear_projection: bool,
) -> str:
    """Transformer2DModel on pixels: blocks of attention to themselves and to a context's tokens.

    ``context`` is the tensor of the tokens and its channels.
    """
    hidden = b.group_norm(f"{name}.norm", source, channels, groups, GROUP_NORM_EPSILON)
    hidden = _projection(b, f"{name}.proj_in", hidden, channels, linear_projection)
    for number in range(blocks):
        hidden = _block(b, f"{name}.transformer_blocks.{number}", hidden, channels, context, heads)
    hidden = _projection(b, f"{name}.proj_out", hidden, channels, linear_projection)
    return b.sum(name, hidden, source)


def _projection(b: ImportBuilder, name: str, source: str, channels: int, linear: bool) -> str:
    if linear:
        return b.linear(name, source, channels, channels)
    return b.conv(name, source, channels, channels, 1)


def _block(
    b: ImportBuilder, name: str, source: str, channels: int, context: tuple[str, int], heads: int
) -> str:
    normed = b.layer_norm(f"{name}.norm1", source, channels, LAYER_NORM_EPSILON)
    hidden = b.attend(f"{name}.attn1", normed, normed, channels, channels, heads, biased=False)
    source = b.sum(f"{name}.attended1", hidden, source)
    tokens, width = context
    normed = b.layer_norm(f"{name}.norm2", source, channels, LAYER_NORM_EPSILON)
    hidden = b.attend(f"{name}.attn2", normed, tokens, channels, width, heads, biased=False)
    source = b.sum(f"{name}.attended2", hidden, source)
    normed = b.layer_norm(f"{name}.norm3", source, channels, LAYER_NORM_EPSILON)
    hidden = feed_forward(b, f"{name}.ff", normed, channels, "geglu")
    return b.sum(name, hidden, source)
