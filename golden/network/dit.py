"""A small diffusion transformer with adaptive layer norm, conditioned on a class.

Source: Peebles and Xie, "Scalable Diffusion Models with Transformers" (DiT, adaLN-Zero blocks).
"""

from golden.network.builder import Builder
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import (
    ClassEmbedding,
    Constant,
    Conv2d,
    Gelu,
    LayerNorm,
    Multiply,
    Unpatchify,
)

EPSILON = 1e-6


class _DitBuilder(Builder):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def vector(self, name: str) -> str:
        """A vector of the condition (time and class), one value per channel."""
        return self.linear(name, "condition", self.channels, self.channels)

    def modulated(self, name: str, source: str) -> str:
        """Layer norm, scaled and shifted by the condition; the factor holds the paper's 1 + s."""
        norm = LayerNorm(
            name=f"{name}.norm",
            inputs=(source,),
            channels=self.channels,
            affine=False,
            epsilon=EPSILON,
        )
        factor = self.vector(f"{name}.factor")
        product = Multiply(name=f"{name}.scaled", inputs=(self.add(norm), factor))
        return self.sum(f"{name}.shifted", self.add(product), self.vector(f"{name}.shift"))

    def gated(self, name: str, source: str, hidden: str) -> str:
        """Adds ``hidden``, scaled by the condition."""
        gate = self.vector(f"{name}.gate")
        product = self.add(Multiply(name=f"{name}.gated", inputs=(hidden, gate)))
        return self.sum(name, source, product)

    def block(self, name: str, source: str, heads: int, ratio: int) -> str:
        normed = self.modulated(f"{name}.attention", source)
        hidden = self.attention(
            f"{name}.attention", normed, normed, self.channels, self.channels, heads
        )
        source = self.gated(f"{name}.attended", source, hidden)
        hidden = self.modulated(f"{name}.mlp", source)
        hidden = self.linear(f"{name}.mlp.linear0", hidden, self.channels, ratio * self.channels)
        hidden = self.add(Gelu(name=f"{name}.mlp.gelu", inputs=(hidden,), approximate="tanh"))
        hidden = self.linear(f"{name}.mlp.linear1", hidden, ratio * self.channels, self.channels)
        return self.gated(name, source, hidden)


def dit(
    size: int, channels: int, *, depth: int, patch: int, heads: int, classes: int, ratio: int = 4
) -> Graph:
    """Transformer of ``depth`` blocks for one-channel images, ``size`` squared.

    A token is a square of ``patch`` pixels a side; ``ratio`` is the width of the fully connected
    layers over ``channels``.
    """
    b = _DitBuilder(channels)
    time = b.time_embedding("time", channels // 2, channels)
    label = b.add(ClassEmbedding(name="class", classes=classes, channels=channels))
    b.silu("condition", b.sum("embedding", time, label))
    side = size // patch
    hidden = b.add(
        Conv2d(
            name="patches",
            inputs=(IMAGE,),
            in_channels=1,
            out_channels=channels,
            kernel=patch,
            stride=patch,
        )
    )
    position = b.add(Constant(name="position", shape=(side, side, channels)))
    hidden = b.sum("tokens", hidden, position)
    for number in range(depth):
        hidden = b.block(f"block{number}", hidden, heads, ratio)
    hidden = b.modulated("head", hidden)
    hidden = b.linear("head.linear", hidden, channels, patch**2)
    b.add(Unpatchify(name="head.image", inputs=(hidden,), patch=patch))
    return b.graph()
