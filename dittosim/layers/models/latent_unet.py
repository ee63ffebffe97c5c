"""The U-Net of latent and stable diffusion: ``ldm/modules/diffusionmodules/openaimodel.py``.

A residual block is followed by attention or, with a context, by a transformer.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dittosim.layers.models.table import ModelLayer, TableBuilder

EXPANSION = 4
"""Of a transformer's fully connected layers, and of the time embedding"""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a transformer's second attention looks at: tokens of a class or a text."""

    tokens: int
    channels: int


@dataclass(frozen=True, kw_only=True)
class LatentUnet:
    """Hyperparameters; a latent is square."""

    size: int
    latent_channels: int
    channels: int
    multipliers: tuple[int, ...]
    blocks: int = 2
    """Residual blocks of a level"""
    attention_at: tuple[int, ...]
    """Factors of downsampling where blocks are followed by attention"""
    heads: Callable[[int], int]
    """Of so many channels"""
    context: Context | None = None
    """With one, transformers of depth 1 stand for attention"""
    scale_shift: bool = False
    """Whether the time embedding gives a residual block factors, too"""
    resampling_blocks: bool = False
    """Whether residual blocks change the resolution, in place of convolutions"""

    def layers(self) -> list[ModelLayer]:
        """Its table."""
        return _LatentUnet(self).built()


class _LatentUnet(TableBuilder):
    def __init__(self, network: LatentUnet) -> None:
        super().__init__()
        self.network = network
        self.time = EXPANSION * network.channels

    def built(self) -> list[ModelLayer]:
        n = self.network
        self.linear("time_embed.0", 1, n.channels, self.time, conditional=True)
        self.linear("time_embed.2", 1, self.time, self.time, conditional=True)
        self.convolution("input_blocks.0.0", n.size, n.latent_channels, n.channels)
        size, channels, kept = n.size, n.channels, [n.channels]
        for level, factor in enumerate(n.multipliers):
            for _ in range(n.blocks):
                name = f"input_blocks.{len(kept)}"
                self.block(name, size, channels, factor * n.channels)
                channels = factor * n.channels
                kept.append(channels)
            if level + 1 < len(n.multipliers):
                name = f"input_blocks.{len(kept)}.0"
                if n.resampling_blocks:
                    self.residual(name, size // 2, channels, channels)
                else:
                    self.convolution(f"{name}.op", size, channels, channels, stride=2)
                size //= 2
                kept.append(channels)
        self.residual("middle_block.0", size, channels, channels)
        self.attended("middle_block.1", size, channels)
        self.residual("middle_block.2", size, channels, channels)
        number = 0
        for level, factor in reversed(list(enumerate(n.multipliers))):
            for block in range(n.blocks + 1):
                name = f"output_blocks.{number}"
                attended = self.block(name, size, channels + kept.pop(), factor * n.channels)
                channels = factor * n.channels
                if level and block == n.blocks:
                    size *= 2
                    name += f".{1 + attended}"
                    if n.resampling_blocks:
                        self.residual(name, size, channels, channels)
                    else:
                        self.convolution(f"{name}.conv", size, channels, channels)
                number += 1
        self.convolution("out.2", size, channels, n.latent_channels)
        return self.layers

    def block(self, name: str, size: int, channels: int, columns: int) -> bool:
        """A residual block and what follows it; whether anything does."""
        self.residual(f"{name}.0", size, channels, columns)
        attended = self.network.size // size in self.network.attention_at
        if attended:
            self.attended(f"{name}.1", size, columns)
        return attended

    def residual(self, name: str, size: int, channels: int, columns: int) -> None:
        """``size`` is that behind it: what changes the resolution does so before it computes."""
        self.convolution(f"{name}.in_layers.2", size, channels, columns)
        scaled = columns * (1 + self.network.scale_shift)
        self.linear(f"{name}.emb_layers.1", 1, self.time, scaled, conditional=True)
        self.convolution(f"{name}.out_layers.3", size, columns, columns)
        if channels != columns:
            self.pointwise(f"{name}.skip_connection", size, channels, columns)

    def attended(self, name: str, size: int, channels: int) -> None:
        tokens, heads = size**2, self.network.heads(channels)
        context = self.network.context
        if context is None:
            self.linear(f"{name}.qkv", tokens, channels, 3 * channels)
            self.attention(name, tokens, tokens, channels, heads)
            self.linear(f"{name}.proj_out", tokens, channels, channels)
            return
        self.pointwise(f"{name}.proj_in", size, channels, channels)
        block = f"{name}.transformer_blocks.0"
        for each in ("q", "k", "v"):
            self.linear(f"{block}.attn1.to_{each}", tokens, channels, channels)
        self.attention(f"{block}.attn1", tokens, tokens, channels, heads)
        self.linear(f"{block}.attn1.to_out.0", tokens, channels, channels)
        self.linear(f"{block}.attn2.to_q", tokens, channels, channels)
        for each in ("k", "v"):
            name_of = f"{block}.attn2.to_{each}"
            self.linear(name_of, context.tokens, context.channels, channels, conditional=True)
        self.attention(f"{block}.attn2", tokens, context.tokens, channels, heads, moving=False)
        self.linear(f"{block}.attn2.to_out.0", tokens, channels, channels)
        wide = EXPANSION * channels
        # GEGLU: one half gates the other.
        self.linear(f"{block}.ff.net.0.proj", tokens, channels, 2 * wide)
        self.linear(f"{block}.ff.net.2", tokens, wide, channels)
        self.pointwise(f"{name}.proj_out", size, channels, channels)
