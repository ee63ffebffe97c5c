"""Parts of convolutional U-Nets: residual blocks, attention on pixels, changes of resolution."""

from dataclasses import dataclass

from dittosim.importing.builder import ImportBuilder
from golden.network.nodes import Upsample


@dataclass(frozen=True)
class Resnets:
    """The residual blocks of one network."""

    b: ImportBuilder
    groups: int
    epsilon: float
    embedding: str
    """The vector of time and class, after SiLU"""
    width: int
    """Its channels"""

    def block(self, name: str, source: str, cin: int, cout: int) -> str:
        """ResnetBlock2D; the embedding shifts the channels between its convolutions."""
        b = self.b
        hidden = b.group_norm(f"{name}.norm1", source, cin, self.groups, self.epsilon)
        hidden = b.silu(f"{name}.silu1", hidden)
        hidden = b.conv(f"{name}.conv1", hidden, cin, cout, 3)
        shift = b.linear(f"{name}.time_emb_proj", self.embedding, self.width, cout)
        hidden = b.sum(f"{name}.shifted", hidden, shift)
        hidden = b.group_norm(f"{name}.norm2", hidden, cout, self.groups, self.epsilon)
        hidden = b.silu(f"{name}.silu2", hidden)
        hidden = b.conv(f"{name}.conv2", hidden, cout, cout, 3)
        if cin != cout:
            source = b.conv(f"{name}.conv_shortcut", source, cin, cout, 1)
        return b.sum(name, source, hidden)


def pixel_attention(
    b: ImportBuilder,
    name: str,
    source: str,
    channels: int,
    *,
    heads: int,
    groups: int,
    epsilon: float,
) -> str:
    """Adds attention of the pixels to themselves."""
    normed = b.group_norm(f"{name}.group_norm", source, channels, groups, epsilon)
    hidden = b.attend(name, normed, normed, channels, channels, heads, biased=True)
    return b.sum(name, hidden, source)


def downsample(b: ImportBuilder, name: str, source: str, channels: int, padding: int) -> str:
    """Convolution of stride 2; without padding, diffusers pads below and to the right."""
    trailing = 1 if padding == 0 else 0
    return b.conv(
        f"{name}.conv", source, channels, channels, 3, stride=2, padding=padding, trailing=trailing
    )


def upsample(b: ImportBuilder, name: str, source: str, channels: int) -> str:
    """Nearest neighbour, then a convolution."""
    hidden = b.add(Upsample(name=f"{name}.upsample", inputs=(source,)))
    return b.conv(f"{name}.conv", hidden, channels, channels, 3)
