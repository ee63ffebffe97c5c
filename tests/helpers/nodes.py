"""Nodes for small graphs."""

from golden.network import nodes as n


def conv(name: str, source: str, cin: int = 4, cout: int = 4) -> n.Conv2d:
    return n.Conv2d(name=name, inputs=(source,), in_channels=cin, out_channels=cout, kernel=1)


def linear(name: str, source: str, cin: int = 4, cout: int = 4) -> n.Linear:
    return n.Linear(name=name, inputs=(source,), in_channels=cin, out_channels=cout)


def norm(name: str, source: str, groups: int) -> n.GroupNorm:
    return n.GroupNorm(name=name, inputs=(source,), channels=4, groups=groups)


WAVE = n.Sinusoids(name="wave", frequencies=2)
