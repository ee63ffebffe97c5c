"""A small residual network that classifies images, the setting of REPrune's own experiments.

Source: He et al., "Deep Residual Learning for Image Recognition" (basic blocks, identity
mappings); group normalization stands in for batch normalization.
"""

from golden.network.builder import Builder
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import Conv2d


class _ResnetBuilder(Builder):
    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def block(self, name: str, source: str, cin: int, cout: int) -> str:
        stride = 1 if cin == cout else 2
        hidden = self.norm_silu(f"{name}.in", source, cin, self.groups)
        hidden = self.conv(f"{name}.conv0", hidden, cin, cout, 3, stride)
        hidden = self.norm_silu(f"{name}.out", hidden, cout, self.groups)
        hidden = self.conv(f"{name}.conv1", hidden, cout, cout, 3)
        if cin != cout:
            source = self.conv(f"{name}.skip", source, cin, cout, 1, stride)
        return self.sum(name, source, hidden)


def resnet(
    size: int, channels: tuple[int, ...], *, blocks: int, classes: int, groups: int = 4
) -> Graph:
    """Classifier of one-channel images, ``size`` squared, with one output pixel per class scores.

    Each of ``channels`` is a stage of ``blocks`` basic blocks at half the resolution of the last.
    """
    b = _ResnetBuilder(groups)
    hidden, cin = b.conv("stem", IMAGE, 1, channels[0], 3), channels[0]
    for stage, cout in enumerate(channels):
        for number in range(blocks):
            hidden = b.block(f"stage{stage}.block{number}", hidden, cin, cout)
            cin = cout
    hidden = b.norm_silu("head", hidden, cin, groups)
    whole = size >> (len(channels) - 1)
    b.add(
        Conv2d(
            name="classes", inputs=(hidden,), in_channels=cin, out_channels=classes, kernel=whole
        )
    )
    return Graph(nodes=tuple(b.nodes))
