"""Adds nodes to a graph by the parts that networks are made of."""

from golden.network.graph import Graph
from golden.network.nodes import (
    Add,
    AttentionMix,
    AttentionScores,
    Conv2d,
    GroupNorm,
    Linear,
    Node,
    Silu,
    Sinusoids,
    Softmax,
)
from golden.network.operands import with_conversions


class Builder:
    """Collects nodes; every method returns the name of the tensor it adds."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def add(self, node: Node) -> str:
        """Any node."""
        self.nodes.append(node)
        return node.name

    def graph(self) -> Graph:
        """The graph, with 8-bit operands for its matrix products and tables."""
        return with_conversions(Graph(nodes=tuple(self.nodes)))

    def linear(self, name: str, source: str, cin: int, cout: int) -> str:
        """Fully connected layer."""
        return self.add(Linear(name=name, inputs=(source,), in_channels=cin, out_channels=cout))

    def conv(
        self,
        name: str,
        source: str,
        cin: int,
        cout: int,
        kernel: int,
        stride: int = 1,
        padding: int | None = None,
        trailing: int = 0,
    ) -> str:
        """Convolution; with the default padding it keeps the size, or divides it by ``stride``."""
        return self.add(
            Conv2d(
                name=name,
                inputs=(source,),
                in_channels=cin,
                out_channels=cout,
                kernel=kernel,
                stride=stride,
                padding=kernel // 2 if padding is None else padding,
                trailing=trailing,
            )
        )

    def sum(self, name: str, first: str, second: str) -> str:
        """Elementwise sum."""
        return self.add(Add(name=name, inputs=(first, second)))

    def silu(self, name: str, source: str) -> str:
        """SiLU."""
        return self.add(Silu(name=name, inputs=(source,)))

    def norm_silu(self, name: str, source: str, channels: int, groups: int) -> str:
        """Group normalization, then SiLU."""
        norm = GroupNorm(name=f"{name}.norm", inputs=(source,), channels=channels, groups=groups)
        return self.silu(f"{name}.silu", self.add(norm))

    def time_embedding(self, name: str, frequencies: int, width: int) -> str:
        """Sinusoids of the time through two fully connected layers with SiLU between; a vector."""
        wave = self.add(Sinusoids(name=f"{name}.wave", frequencies=frequencies))
        hidden = self.linear(f"{name}.linear0", wave, 2 * frequencies, width)
        hidden = self.silu(f"{name}.silu0", hidden)
        return self.linear(f"{name}.linear1", hidden, width, width)

    def attention(
        self, name: str, source: str, context: str, channels: int, context_channels: int, heads: int
    ) -> str:
        """Attention of the pixels of ``source`` to the tokens of ``context``, projected."""
        query = self.linear(f"{name}.query", source, channels, channels)
        key = self.linear(f"{name}.key", context, context_channels, channels)
        value = self.linear(f"{name}.value", context, context_channels, channels)
        scores = self.add(AttentionScores(name=f"{name}.scores", inputs=(query, key), heads=heads))
        shares = self.add(Softmax(name=f"{name}.softmax", inputs=(scores,), heads=heads))
        mixed = self.add(AttentionMix(name=f"{name}.mix", inputs=(shares, value), heads=heads))
        return self.linear(f"{name}.project", mixed, channels, channels)
