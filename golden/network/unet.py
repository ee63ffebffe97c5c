"""A small denoising U-Net with two resolutions, self attention and, if asked for, classes."""

from golden.network.builder import Builder
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import ClassEmbedding, Concat, GroupNorm, Upsample


class _UnetBuilder(Builder):
    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.width = width
        self.groups = groups

    def residual(self, name: str, source: str, cin: int, cout: int) -> str:
        hidden = self.norm_silu(f"{name}.in", source, cin, self.groups)
        hidden = self.conv(f"{name}.conv0", hidden, cin, cout, 3)
        time = self.linear(f"{name}.time", "time", self.width, cout)
        hidden = self.sum(f"{name}.biased", hidden, time)
        hidden = self.norm_silu(f"{name}.out", hidden, cout, self.groups)
        hidden = self.conv(f"{name}.conv1", hidden, cout, cout, 3)
        if cin != cout:
            source = self.conv(f"{name}.skip", source, cin, cout, 1)
        return self.sum(name, source, hidden)

    def attended(
        self, name: str, source: str, channels: int, heads: int, context: tuple[str, int] | None
    ) -> str:
        """Adds attention to the pixels themselves, or to the tokens of a context."""
        norm = GroupNorm(
            name=f"{name}.norm", inputs=(source,), channels=channels, groups=self.groups
        )
        normed = self.add(norm)
        other, other_channels = context or (normed, channels)
        hidden = self.attention(name, normed, other, channels, other_channels, heads)
        return self.sum(name, source, hidden)


def unet(
    channels: int,
    inner_channels: int,
    *,
    width: int,
    groups: int = 8,
    heads: int = 2,
    classes: int = 0,
    tokens: int = 4,
) -> Graph:
    """U-Net for one-channel images: ``channels`` at full, ``inner_channels`` at half resolution.

    ``width`` is the time embedding's; normalization uses ``groups``, attention ``heads``. With
    ``classes``, the inner resolution attends to ``tokens`` learned tokens of the class asked for.
    """
    b = _UnetBuilder(width, groups)
    b.silu("time", b.time_embedding("time", channels // 2, width))
    stem = b.conv("stem", IMAGE, 1, channels, 3)
    skip = b.residual("encoder", stem, channels, channels)
    inner = b.conv("down", skip, channels, inner_channels, 3, stride=2)
    inner = b.residual("middle", inner, inner_channels, inner_channels)
    inner = b.attended("attention", inner, inner_channels, heads, None)
    if classes:
        embedding = ClassEmbedding(name="class", classes=classes, tokens=tokens, channels=width)
        inner = b.attended("cross", inner, inner_channels, heads, (b.add(embedding), width))
    up = b.add(Upsample(name="upsample", inputs=(inner,)))
    up = b.conv("up", up, inner_channels, channels, 3)
    both = b.add(Concat(name="concat", inputs=(up, skip)))
    decoded = b.residual("decoder", both, 2 * channels, channels)
    head = b.norm_silu("head", decoded, channels, groups)
    b.conv("head", head, channels, 1, 3)
    return b.graph()
