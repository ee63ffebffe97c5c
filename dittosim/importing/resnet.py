"""Parts of convolutional U-Nets: residual blocks, attention on pixels, changes of resolution."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dittosim.importing.builder import ImportBuilder, Origin
from golden.network.nodes import Upsample

InnerWidths = Mapping[str, int]
"""Channels between the convolutions of a residual block, where they are not those of its output"""
NO_WIDTHS: InnerWidths = MappingProxyType({})


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
    scale_shift: bool = False
    """Whether the embedding scales and shifts normalized channels, instead of shifting before"""
    inner: InnerWidths = field(default_factory=dict)

    def block(self, name: str, source: str, cin: int, cout: int) -> str:
        """ResnetBlock2D; the embedding acts on the channels between its convolutions."""
        b, inner = self.b, self.inner.get(name, cout)
        hidden = b.group_norm(f"{name}.norm1", source, cin, self.groups, self.epsilon)
        hidden = b.silu(f"{name}.silu1", hidden)
        hidden = b.conv(f"{name}.conv1", hidden, cin, inner, 3)
        if self.scale_shift:
            hidden = b.group_norm(f"{name}.norm2", hidden, inner, self.groups, self.epsilon)
            scale, shift = self._halves(f"{name}.time_emb_proj", inner)
            hidden = b.product(f"{name}.scaled", hidden, scale)
            hidden = b.sum(f"{name}.shifted", hidden, shift)
        else:
            shift = b.linear(f"{name}.time_emb_proj", self.embedding, self.width, inner)
            hidden = b.sum(f"{name}.shifted", hidden, shift)
            hidden = b.group_norm(f"{name}.norm2", hidden, inner, self.groups, self.epsilon)
        hidden = b.silu(f"{name}.silu2", hidden)
        hidden = b.conv(f"{name}.conv2", hidden, inner, cout, 3)
        if cin != cout:
            source = b.conv(f"{name}.conv_shortcut", source, cin, cout, 1)
        return b.sum(name, source, hidden)

    def _halves(self, module: str, channels: int) -> tuple[str, str]:
        """The factors 1 + scale and the shifts that the embedding gives."""
        scale, shift = (
            self.b.linear_part(
                f"{module}.{half}",
                self.embedding,
                self.width,
                channels,
                Origin((module,), part, 2, offset=float(half == "scale")),
            )
            for part, half in enumerate(("scale", "shift"))
        )
        return scale, shift


def pixel_attention(
    b: ImportBuilder,
    name: str,
    source: str,
    channels: int,
    *,
    heads: int,
    groups: int | None,
    epsilon: float,
) -> str:
    """Adds attention of the pixels to themselves, normalized unless ``groups`` is None."""
    normed = source
    if groups:
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
