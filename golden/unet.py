"""Builds the graph of a small denoising U-Net with two resolutions and self attention."""

from golden import graph as g


class _Builder:
    def __init__(self) -> None:
        self.nodes: list[g.Node] = []

    def add(self, node: g.Node) -> str:
        self.nodes.append(node)
        return node.name

    def norm_silu(self, name: str, source: str, channels: int, groups: int) -> str:
        normed = self.add(
            g.GroupNorm(name=f"{name}.norm", inputs=(source,), channels=channels, groups=groups)
        )
        return self.add(g.Silu(name=f"{name}.silu", inputs=(normed,)))

    def conv(
        self, name: str, source: str, cin: int, cout: int, kernel: int, stride: int = 1
    ) -> str:
        return self.add(
            g.Conv2d(
                name=name,
                inputs=(source,),
                in_channels=cin,
                out_channels=cout,
                kernel=kernel,
                stride=stride,
                padding=kernel // 2,
            )
        )

    def residual(self, name: str, source: str, cin: int, cout: int, groups: int, width: int) -> str:
        hidden = self.norm_silu(f"{name}.in", source, cin, groups)
        hidden = self.conv(f"{name}.conv0", hidden, cin, cout, 3)
        hidden = self.add(
            g.TimeBias(name=f"{name}.time", inputs=(hidden, "time"), width=width, channels=cout)
        )
        hidden = self.norm_silu(f"{name}.out", hidden, cout, groups)
        hidden = self.conv(f"{name}.conv1", hidden, cout, cout, 3)
        if cin != cout:
            source = self.conv(f"{name}.skip", source, cin, cout, 1)
        return self.add(g.Add(name=name, inputs=(source, hidden)))

    def attention(self, name: str, source: str, channels: int, groups: int, heads: int) -> str:
        hidden = self.add(
            g.GroupNorm(name=f"{name}.norm", inputs=(source,), channels=channels, groups=groups)
        )
        hidden = self.add(
            g.Linear(
                name=f"{name}.qkv",
                inputs=(hidden,),
                in_channels=channels,
                out_channels=3 * channels,
            )
        )
        hidden = self.add(g.Attention(name=f"{name}.mix", inputs=(hidden,), heads=heads))
        hidden = self.add(
            g.Linear(
                name=f"{name}.project",
                inputs=(hidden,),
                in_channels=channels,
                out_channels=channels,
            )
        )
        return self.add(g.Add(name=name, inputs=(source, hidden)))


def unet(
    channels: int, inner_channels: int, *, width: int, groups: int = 8, heads: int = 2
) -> g.Graph:
    """U-Net for one-channel images: ``channels`` at full, ``inner_channels`` at half resolution.

    ``width`` is the time embedding's; normalization uses ``groups``, attention ``heads``.
    """
    b = _Builder()
    b.add(g.TimeEmbedding(name="time", inputs=(), frequencies=channels // 2, width=width))
    stem = b.conv("stem", g.IMAGE, 1, channels, 3)
    skip = b.residual("encoder", stem, channels, channels, groups, width)
    inner = b.conv("down", skip, channels, inner_channels, 3, stride=2)
    inner = b.residual("middle", inner, inner_channels, inner_channels, groups, width)
    inner = b.attention("attention", inner, inner_channels, groups, heads)
    up = b.add(g.Upsample(name="upsample", inputs=(inner,)))
    up = b.conv("up", up, inner_channels, channels, 3)
    both = b.add(g.Concat(name="concat", inputs=(up, skip)))
    decoded = b.residual("decoder", both, 2 * channels, channels, groups, width)
    head = b.norm_silu("head", decoded, channels, groups)
    b.conv("head", head, channels, 1, 3)
    return g.Graph(nodes=tuple(b.nodes))
