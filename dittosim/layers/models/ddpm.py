"""The pixel U-Net of DDPM, as in DDIM's ``models/diffusion.py``, which q-diffusion runs.

Four fully connected projections of attention are 1 x 1 convolutions there. Going down, images are
padded below and to the right only.
"""

from dataclasses import dataclass

from dittosim.layers.models.table import ModelLayer, TableBuilder


@dataclass(frozen=True, kw_only=True)
class DdpmUnet:
    """Hyperparameters, named as in its configuration files."""

    size: int
    channels: int
    image_channels: int
    multipliers: tuple[int, ...]
    blocks: int
    """Residual blocks of a level"""
    attention_sizes: tuple[int, ...]
    """Pixels a side where residual blocks are followed by attention, of one head"""

    def layers(self) -> list[ModelLayer]:
        """Its table."""
        return _Ddpm(self).built()


class _Ddpm(TableBuilder):
    def __init__(self, network: DdpmUnet) -> None:
        super().__init__()
        self.network = network
        self.time = 4 * network.channels

    def built(self) -> list[ModelLayer]:
        n = self.network
        self.linear("temb.dense.0", 1, n.channels, self.time, conditional=True)
        self.linear("temb.dense.1", 1, self.time, self.time, conditional=True)
        self.convolution("conv_in", n.size, n.image_channels, n.channels)
        size, channels, kept = n.size, n.channels, [n.channels]
        for level, factor in enumerate(n.multipliers):
            for block in range(n.blocks):
                self.block(f"down.{level}", block, size, channels, factor * n.channels)
                channels = factor * n.channels
                kept.append(channels)
            if level + 1 < len(n.multipliers):
                name = f"down.{level}.downsample.conv"
                self.convolution(name, size, channels, channels, stride=2, below=1)
                size //= 2
                kept.append(channels)
        self.residual("mid.block_1", size, channels, channels)
        self.attended("mid.attn_1", size, channels)
        self.residual("mid.block_2", size, channels, channels)
        for level, factor in reversed(list(enumerate(n.multipliers))):
            for block in range(n.blocks + 1):
                self.block(f"up.{level}", block, size, channels + kept.pop(), factor * n.channels)
                channels = factor * n.channels
            if level:
                size *= 2
                self.convolution(f"up.{level}.upsample.conv", size, channels, channels)
        self.convolution("conv_out", size, channels, n.image_channels)
        return self.layers

    def block(self, level: str, number: int, size: int, channels: int, columns: int) -> None:
        self.residual(f"{level}.block.{number}", size, channels, columns)
        if size in self.network.attention_sizes:
            self.attended(f"{level}.attn.{number}", size, columns)

    def residual(self, name: str, size: int, channels: int, columns: int) -> None:
        self.convolution(f"{name}.conv1", size, channels, columns)
        self.linear(f"{name}.temb_proj", 1, self.time, columns, conditional=True)
        self.convolution(f"{name}.conv2", size, columns, columns)
        if channels != columns:
            self.pointwise(f"{name}.nin_shortcut", size, channels, columns)

    def attended(self, name: str, size: int, channels: int) -> None:
        for each in ("q", "k", "v"):
            self.pointwise(f"{name}.{each}", size, channels, channels)
        self.attention(name, size**2, size**2, channels, 1)
        self.pointwise(f"{name}.proj_out", size, channels, channels)
